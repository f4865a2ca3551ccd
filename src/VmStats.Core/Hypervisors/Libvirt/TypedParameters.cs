using System.Runtime.InteropServices;
using System.Text;
using VmStats.Hypervisors.Libvirt.Native;

namespace VmStats.Hypervisors.Libvirt;

/// <summary>Reads the name and value of a typed parameter in place.</summary>
internal static unsafe class TypedParameters
{
    /// <summary>Returns its name, decoded into a buffer of <see cref="VirTypedParameter.FieldBytes"/> characters.</summary>
    public static ReadOnlySpan<char> Name(VirTypedParameter* parameter, Span<char> buffer)
    {
        ReadOnlySpan<byte> bytes = new(parameter->Field, VirTypedParameter.FieldBytes);
        int end = bytes.IndexOf((byte)0);
        return buffer[..Encoding.ASCII.GetChars(end < 0 ? bytes : bytes[..end], buffer)];
    }

    /// <summary>Returns its value as a number; null for a string, and for -1, which libvirt uses for unknown values.</summary>
    public static long? Number(VirTypedParameter* parameter) => parameter->Type switch
    {
        TypedParameterType.Int => NullIfNegative((int)parameter->Value),
        TypedParameterType.UInt => (uint)parameter->Value,
        TypedParameterType.LongLong => NullIfNegative((long)parameter->Value),
        TypedParameterType.ULongLong => parameter->Value > long.MaxValue ? null : (long)parameter->Value,
        TypedParameterType.Boolean => (byte)parameter->Value,
        _ => null,
    };

    /// <summary>Returns its value as a string; null for a number.</summary>
    public static string? Text(VirTypedParameter* parameter) =>
        parameter->Type == TypedParameterType.String ? Marshal.PtrToStringUTF8((nint)parameter->Value) : null;

    /// <summary>Converts a signed count, for which libvirt uses -1 if it is unknown.</summary>
    public static long? NullIfNegative(long value) => value < 0 ? null : value;
}
