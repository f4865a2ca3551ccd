using System.Management.Automation;

namespace VmStats.PowerShell.Transformation;

/// <summary>
/// Takes the Name of an object without a type of its own (or its Uuid, which may stand for it) for the name of a VM, and
/// refuses one that has neither. PowerShell would bind its text, such as <c>@{HypervisorUri=qemu:///system}</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class VmNameTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        if (inputData is not PSObject { BaseObject: PSCustomObject } item)
        {
            return inputData;
        }

        string name = TextOf(item, "Name");
        return name.Length > 0 ? name : TextOf(item, "Uuid") is { Length: > 0 } uuid ? uuid : throw NoVm();
    }

    private static string TextOf(PSObject item, string property) =>
        LanguagePrimitives.ConvertTo<string>(item.Properties[property]?.Value) ?? "";

    // An object of the pipeline is refused for this parameter only where the reason is one of casting; it may bind to others.
    private static ArgumentTransformationMetadataException NoVm()
    {
        const string message = "The object names no VM: it has neither a Name nor a Uuid.";
        return new ArgumentTransformationMetadataException(message, new PSInvalidCastException(message));
    }
}
