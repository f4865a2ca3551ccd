using System.Runtime.InteropServices;
using System.Text;
using VmStats.Hypervisors.Libvirt.Native;

namespace VmStats.Hypervisors.Libvirt;

/// <summary>A typed parameter's name and value, read in place.</summary>
internal static unsafe class TypedParameters
{
    /// <summary>Its name, written into a buffer of <see cref="VirTypedParameter.FieldBytes"/> characters.</summary>
    public static ReadOnlySpan<char> Name(VirTypedParameter* parameter, Span<char> buffer)
    {
        ReadOnlySpan<byte> bytes = new(parameter->Field, VirTypedParameter.FieldBytes);
        int end = bytes.IndexOf((byte)0);
        return buffer[..Encoding.ASCII.GetChars(end < 0 ? bytes : bytes[..end], buffer)];
    }

    /// <summary>Its value as a number; null for a text, and for -1, by which libvirt says that it doesn't know.</summary>
    public static long? Number(VirTypedParameter* parameter) => parameter->Type switch
    {
        TypedParameterType.Int => Known((int)parameter->Value),
        TypedParameterType.UInt => (uint)parameter->Value,
        TypedParameterType.LongLong => Known((long)parameter->Value),
        TypedParameterType.ULongLong => parameter->Value > long.MaxValue ? null : (long)parameter->Value,
        TypedParameterType.Boolean => (byte)parameter->Value,
        _ => null,
    };

    /// <summary>Its value as a text; null for a number.</summary>
    public static string? Text(VirTypedParameter* parameter) =>
        parameter->Type == TypedParameterType.String ? Marshal.PtrToStringUTF8((nint)parameter->Value) : null;

    /// <summary>A count that libvirt gives as a signed number, -1 for not known.</summary>
    public static long? Known(long value) => value < 0 ? null : value;
}
