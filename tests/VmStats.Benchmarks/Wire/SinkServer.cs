using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace VmStats.Benchmarks.Wire;

/// <summary>
/// A loopback server in a process of its own, so that what it costs is not counted: it takes line protocol and forgets it,
/// and answers queries with as many rows of 31 columns as the database's name says (rows1000), as InfluxDB 3 writes them.
/// </summary>
internal static class SinkServer
{
    public const string Verb = "sink-server";
    private const int Templates = 100;
    private const int ChunkSize = 256 * 1024;
    private const string Epoch = "2026-01-01T00:00:00";

    private static readonly string[] s_fields =
    [
        "cpus", "cputime", "disk_errors", "disk_rd_bytes", "disk_rd_req", "disk_wr_bytes", "disk_wr_reqs", "memactual", "memavailable",
        "memdisk_cache", "memmajor_fault", "memmaximum", "memminor_fault", "memrss", "memswap_in", "memswap_out", "memunused", "memusable",
        "net_rxbytes", "net_rxdrops", "net_rxerrors", "net_rxpackets", "net_txbytes", "net_txdrops", "net_txpackets", "timesys", "timeusr",
    ];

    /// <summary>Starts it as a child of this process and gives its address.</summary>
    public static async Task<(Process Process, Uri Url)> StartAsync()
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardInput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(SinkServer).Assembly.Location);
        }

        start.ArgumentList.Add(Verb);
        Process process = Process.Start(start)!;
        string port = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The server didn't start.");
        return (process, new Uri($"http://127.0.0.1:{port}"));
    }

    /// <summary>Serves until its standard input ends.</summary>
    public static async Task RunAsync(string[] arguments)
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Console.WriteLine(((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture));
        Task parent = Task.Run(Console.In.ReadToEnd); // Console's reading is never asynchronous.
        while (true)
        {
            Task<TcpClient> accept = listener.AcceptTcpClientAsync();
            if (await Task.WhenAny(accept, parent) == parent)
            {
                return;
            }

            TcpClient client = await accept;
            _ = Task.Run(() => ServeAsync(client));
        }
    }

    private static async Task ServeAsync(TcpClient client)
    {
        using TcpClient connection = client;
        connection.NoDelay = true;
        NetworkStream stream = connection.GetStream();
        byte[] buffer = new byte[1024 * 1024];
        int length = 0;
        try
        {
            while (true)
            {
                int head;
                while ((head = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8)) < 0)
                {
                    length += await Read(stream, buffer.AsMemory(length));
                }

                string headers = Encoding.ASCII.GetString(buffer, 0, head);
                int at = headers.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
                long rest = at < 0 ? 0 : long.Parse(headers.AsSpan(at + 16).Slice(0, LengthOfNumber(headers.AsSpan(at + 16))), CultureInfo.InvariantCulture);
                bool isWrite = headers.StartsWith("POST /api/v3/write_lp", StringComparison.Ordinal) || headers.StartsWith("POST /api/v2/write", StringComparison.Ordinal) || headers.StartsWith("POST /write", StringComparison.Ordinal);
                int body = head + 4;
                if (isWrite)
                {
                    if (headers.Contains("100-continue", StringComparison.OrdinalIgnoreCase))
                    {
                        await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray());
                    }

                    long left = rest - (length - body);
                    while (left > 0)
                    {
                        left -= await Read(stream, buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)));
                    }

                    length = 0;
                    await stream.WriteAsync("HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray());
                    continue;
                }

                while (length - body < rest)
                {
                    length += await Read(stream, buffer.AsMemory(length));
                }

                string query = Encoding.UTF8.GetString(buffer, body, (int)rest);
                length = 0;
                await AnswerAsync(stream, headers, query);
            }
        }
        catch (IOException)
        {
            // The client is done.
        }
    }

    private static async Task AnswerAsync(NetworkStream stream, string headers, string query)
    {
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nX-Influxdb-Version: 3.11.2\r\nX-Influxdb-Build: Core\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray());
        if (query.Contains("information_schema", StringComparison.Ordinal))
        {
            await WriteChunkAsync(stream, Encoding.UTF8.GetBytes(Schema()));
        }
        else if (query.Contains("system.parquet_files", StringComparison.Ordinal))
        {
            await WriteChunkAsync(stream, "{\"files\":0}\n"u8.ToArray());
        }
        else if (headers.StartsWith("POST", StringComparison.Ordinal) && !query.Contains("FROM system.", StringComparison.Ordinal))
        {
            await WriteRowsAsync(stream, RowsOf(query), isArray: !query.Contains("jsonl", StringComparison.Ordinal));
        }

        await stream.WriteAsync("0\r\n\r\n"u8.ToArray());
    }

    private static string Schema() => string.Concat(
        new[] { ("VMID", "Dictionary(Int32, Utf8)"), ("name", "Dictionary(Int32, Utf8)"), ("uuid", "Dictionary(Int32, Utf8)"), ("time", "Timestamp(ns)") }
            .Concat(s_fields.Select(field => (field, "Int64")))
            .Select(column => $"{{\"column_name\":\"{column.Item1}\",\"data_type\":\"{column.Item2}\"}}\n"));

    private static async Task WriteRowsAsync(NetworkStream stream, long rows, bool isArray)
    {
        byte[][] templates = [.. Enumerable.Range(0, Templates).Select(vm => Encoding.UTF8.GetBytes(Row(vm) + (isArray ? "," : "\n")))];
        int[] timeAt = [.. templates.Select(template => template.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Epoch)))];
        byte[] chunk = new byte[ChunkSize + 4096];
        int length = 0;
        if (isArray)
        {
            chunk[length++] = (byte)'[';
        }

        for (long row = 0; row < rows; row++)
        {
            byte[] template = templates[row % Templates];
            template.CopyTo(chunk, length);
            WriteTime(chunk.AsSpan(length + timeAt[row % Templates], Epoch.Length), row / Templates);
            length += template.Length;
            if (length >= ChunkSize)
            {
                await WriteChunkAsync(stream, chunk.AsMemory(0, length));
                length = 0;
            }
        }

        if (isArray)
        {
            length -= rows > 0 && length > 0 ? 1 : 0;
            chunk[length++] = (byte)']';
        }

        if (length > 0)
        {
            await WriteChunkAsync(stream, chunk.AsMemory(0, length));
        }
    }

    private static void WriteTime(Span<byte> text, long seconds)
    {
        DateTime time = new DateTime(2026, 1, 1).AddSeconds(seconds);
        time.TryFormat(text, out _, "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
    }

    private static async Task WriteChunkAsync(NetworkStream stream, ReadOnlyMemory<byte> bytes)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(bytes.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"));
        await stream.WriteAsync(bytes);
        await stream.WriteAsync("\r\n"u8.ToArray());
    }

    // In the order of the alphabet, as InfluxDB 3 gives SELECT *; numbers as long as real ones.
    private static string Row(int vm)
    {
        Random random = new(vm);
        IEnumerable<(string Name, string Value)> columns = s_fields.Select(field => (field, field == "cpus" ? "4" : random.NextInt64(1_000_000, 1_000_000_000_000).ToString(CultureInfo.InvariantCulture)))
            .Append(("VMID", $"\"{vm}\"")).Append(("name", $"\"vm{vm:D4}\"")).Append(("uuid", $"\"00000000-0000-4000-8000-{vm:D12}\"")).Append(("time", $"\"{Epoch}\""));
        return "{" + string.Join(',', columns.OrderBy(column => column.Name, StringComparer.Ordinal).Select(column => $"\"{column.Name}\":{column.Value}")) + "}";
    }

    private static long RowsOf(string query)
    {
        int at = query.IndexOf("\"rows", StringComparison.Ordinal) + 5;
        return long.Parse(query.AsSpan(at).Slice(0, LengthOfNumber(query.AsSpan(at))), CultureInfo.InvariantCulture);
    }

    private static int LengthOfNumber(ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }

    private static async ValueTask<int> Read(NetworkStream stream, Memory<byte> buffer) =>
        await stream.ReadAsync(buffer) is > 0 and int read ? read : throw new IOException("The other side is done.");
}
