using System.Diagnostics;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace VmStats.Infrastructure.Embedded;

/// <summary>Several processes may write to one file: each waits for its turn, in steps short enough to be cancelled.</summary>
internal static class WriteLock
{
    /// <summary>The longest wait for another process's transaction, unless a store is opened with another one.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Begins a transaction that holds the write lock.</summary>
    public static void Begin(SqliteSession session, string path, TimeSpan timeout, CancellationToken cancellationToken) =>
        Retry(path, () => session.Execute("BEGIN IMMEDIATE"), timeout, cancellationToken);

    /// <summary>Runs a step until no other process is in its way.</summary>
    public static void Retry(string path, Action step, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                step();
                return;
            }
            catch (SqliteException e) when (e.SqliteErrorCode is raw.SQLITE_BUSY or raw.SQLITE_LOCKED)
            {
                if (Stopwatch.GetElapsedTime(start) > timeout)
                {
                    throw EmbeddedStoreException.Busy(path, timeout);
                }
            }
        }
    }
}
