using System.Management.Automation;

namespace VmStats.PowerShell.Transformation;

/// <summary>
/// Converts a custom object to the name of a VM: its Name, or otherwise its Uuid. An object with neither is rejected, since
/// PowerShell would bind its string form, such as <c>@{HypervisorUri=qemu:///system}</c>.
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

    // With a cast exception inside, PowerShell treats a piped object as not bindable to this parameter only, and tries others.
    private static ArgumentTransformationMetadataException NoVm()
    {
        const string message = "The object names no VM: it has neither a Name nor a Uuid.";
        return new ArgumentTransformationMetadataException(message, new PSInvalidCastException(message));
    }
}
