using System.Diagnostics;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace VmStats.Infrastructure.Embedded;

/// <summary>Waits for SQLite's write lock, since several processes may write to one file, in short steps so that the wait can be cancelled.</summary>
internal static class WriteLock
{
    /// <summary>The default maximum wait for another process's transaction.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Begins a transaction that holds the write lock.</summary>
    public static void Begin(SqliteSession session, string path, TimeSpan timeout, CancellationToken cancellationToken) =>
        Retry(path, () => session.Execute("BEGIN IMMEDIATE"), timeout, cancellationToken);

    /// <summary>Runs a step, and retries it while another process has the database locked.</summary>
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
