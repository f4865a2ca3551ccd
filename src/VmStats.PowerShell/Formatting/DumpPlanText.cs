using System.Globalization;

namespace VmStats.PowerShell.Formatting;

/// <summary>Formats the descriptions of planned dumps that -WhatIf, -Verbose and the confirmation prompt show.</summary>
internal static class DumpPlanText
{
    /// <summary>The caption of confirmation prompts for dumps.</summary>
    internal const string Caption = "Memory dump";

    /// <summary>Describes a dump that this module takes.</summary>
    internal static string Of(MemoryDumpPlan plan) =>
        $"Memory dump ({plan.Flags}) of {plan.Name} ({plan.Uuid}) to {plan.Folder}: {Expectation(plan)}.";

    /// <summary>Describes the estimate for a dump: size, duration, pause and free space.</summary>
    internal static string Expectation(MemoryDumpPlan plan)
    {
        string basis = plan.HistoryCount > 0 ? $"its last {plan.HistoryCount} dumps" : "its memory size";
        string free = plan.FreeBytes is long bytes ? $", {Display.Size(bytes)} free{(plan.Fits ? "" : ": it will not fit")}" : "";
        string pause = plan.PauseTime is TimeSpan time ? $", paused for about {Display.Duration(time)}" : ", not running now";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"about {Display.Size(plan.StoredBytes)} ({plan.Compression} of {Display.Size(plan.RawBytes)}) in about {Display.Duration(plan.Duration)}{pause}, by {basis}{free}");
    }

    /// <summary>Describes a dump that the dump service takes.</summary>
    internal static string Of(string vm, string service) =>
        $"Memory dump (memory-only,live) of {vm} by the dump service {service}, uncompressed, into the service's own folder; its hash is not verified.";
}
