using System.Diagnostics.CodeAnalysis;
using VmStats.Points;
using VmStats.Stores.Influx.Errors;

namespace VmStats.Stores.Influx.Http;

/// <summary>Reads the rows of an answer: its body piece by piece, and of each piece one row after the other, for which nobody waits.</summary>
internal interface IRowReader
{
    /// <summary>Reads on until there may be rows to take; false when the answer is complete.</summary>
    /// <exception cref="InfluxException">The answer broke off, isn't understood, or ends with an error.</exception>
    ValueTask<bool> ReadAsync();

    /// <summary>Takes the next row of what was read.</summary>
    bool TryTake([NotNullWhen(true)] out StoreRow? row);
}
