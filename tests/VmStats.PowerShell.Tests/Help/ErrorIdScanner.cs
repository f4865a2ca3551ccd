using System.Reflection;
using System.Reflection.Emit;
using System.Text.RegularExpressions;

namespace VmStats.PowerShell.Tests.Help;

/// <summary>
/// Finds the error ids that compiled code can give. An id is a literal in Pascal case in a method that hands an error
/// kind on (to an exception, a helper that makes one, a table of them) or makes an ErrorRecord itself: no list to keep.
/// </summary>
internal static partial class ErrorIdScanner
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> s_codes = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    /// <summary>Each id with the kind that stands behind it in the code; null where that is decided at run time.</summary>
    internal static IEnumerable<(string Id, int? Kind)> Scan(Assembly assembly) =>
        assembly.GetTypes().SelectMany(type => type.GetMembers(Declared)).OfType<MethodBase>().SelectMany(Scan);

    private static IEnumerable<(string Id, int? Kind)> Scan(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not byte[] code)
        {
            return [];
        }

        List<(string Id, int? Kind)> found = [];
        bool handsKindOn = false;
        bool makesRecord = false;
        string? last = null;
        foreach ((OpCode instruction, int operand) in Read(code))
        {
            if (last is not null)
            {
                found.Add((last, Constant(instruction, operand)));
                last = null;
            }

            if (instruction == OpCodes.Ldstr)
            {
                string text = method.Module.ResolveString(operand);
                last = PascalCase().IsMatch(text) ? text : null;
            }
            else if (instruction.OperandType == OperandType.InlineMethod)
            {
                MethodBase callee = Callee(method, operand);
                handsKindOn |= HasKind(callee);
                makesRecord |= callee.IsConstructor && callee.DeclaringType!.Name == "ErrorRecord";
            }
        }

        return handsKindOn ? found : makesRecord ? found.Select(one => (one.Id, (int?)null)) : [];
    }

    private static MethodBase Callee(MethodBase caller, int token) => caller.Module.ResolveMethod(
        token,
        caller.DeclaringType!.IsGenericType ? caller.DeclaringType.GetGenericArguments() : null,
        caller.IsGenericMethod ? caller.GetGenericArguments() : null)!;

    // As a parameter of its own, or in a tuple.
    private static bool HasKind(MethodBase callee) =>
        callee.GetParameters().Any(parameter => IsKind(parameter.ParameterType))
        || (callee.IsConstructor && callee.DeclaringType!.IsGenericType && callee.DeclaringType.GetGenericArguments().Any(IsKind));

    private static bool IsKind(Type type) => type.Name == "VmStatsErrorKind";

    private static int? Constant(OpCode instruction, int operand) =>
        instruction == OpCodes.Ldc_I4_S || instruction == OpCodes.Ldc_I4 ? operand
        : instruction.Value >= OpCodes.Ldc_I4_0.Value && instruction.Value <= OpCodes.Ldc_I4_8.Value ? instruction.Value - OpCodes.Ldc_I4_0.Value
        : null;

    private static IEnumerable<(OpCode Instruction, int Operand)> Read(byte[] code)
    {
        for (int i = 0; i < code.Length;)
        {
            short value = code[i++];
            OpCode instruction = s_codes[value == 0xFE ? unchecked((short)(0xFE00 | code[i++])) : value];
            int size = instruction.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, i)),
                _ => 4,
            };
            yield return (instruction, size switch { 1 => code[i], 4 => BitConverter.ToInt32(code, i), _ => 0 });
            i += size;
        }
    }

    [GeneratedRegex(@"\A[A-Z][a-z0-9]*([A-Z][A-Za-z0-9]*)+\z")]
    private static partial Regex PascalCase();
}
