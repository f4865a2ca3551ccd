using System.Management.Automation;
using VmStats.Fixtures;
using VmStats.Fixtures.Libvirt;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.Shell;

/// <summary>
/// A dump of a real QEMU guest that runs in a real shell of its own, and is stopped as people do it: the guest runs on, no partial
/// file is left, and the attempt is recorded as cancelled.
/// </summary>
[Collection(ModuleCollection.Name)]
public sealed class RealGuestTests(RealGuestTests.Guest real) : IClassFixture<RealGuestTests.Guest>, IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly TempFolder _folder = new();

    // The shell gets this session's environment, and so its folder of states.
    private readonly ModuleRunspace _session = new();

    private string Dumps => Path.Combine(_folder.Path, "dumps");

    // Slow on purpose, so that it runs when it is stopped.
    private string Script => _folder.Write("dump.ps1", $"""
        Import-Module '{Repository.ModuleManifest}'
        Connect-VmStats -Path '{_folder.Path}/t.db' -HypervisorUri '{real.Session.Uri}'
        try {'{'} Invoke-MemoryDump '{real.Vm.Name}' -Path '{Dumps}' -CompressionLevel 19 {'}'}
        finally {'{'} [Console]::WriteLine('let ' + 'go') {'}'}
        """);

    [SkippableFact]
    public async Task Ctrl_c_ends_a_script()
    {
        Part.Require(LibvirtSession.WhyAbsent);
        using ShellProcess shell = ShellProcess.Start("-Command", $"& '{Script}'; 'not here'");
        await WaitUntilItRunsAsync(shell);
        shell.Interrupt();
        Assert.Equal(1, shell.WaitForExit());
        Assert.Equal("let go\n", shell.Output);
        await AssertCancelledAsync();
    }

    [SkippableFact]
    public async Task Ctrl_c_gives_the_prompt_back()
    {
        Part.Require(LibvirtSession.WhyAbsent ?? (Part.Find("script") is null ? "script (of util-linux) is not here to make a terminal" : null));
        using ShellProcess shell = ShellProcess.StartOnTerminal();
        shell.Expect("PS /> ");
        shell.Type($"& '{Script}'\r");
        await WaitUntilItRunsAsync(shell);
        shell.Type("\u0003");
        shell.Expect("let go");
        shell.Expect("PS /> ");
        await AssertCancelledAsync();
        shell.Type("exit 4\r");
        Assert.Equal(4, shell.WaitForExit());
    }

    [SkippableFact]
    public async Task Stop_MemoryDump_ends_it_from_another_process()
    {
        Part.Require(LibvirtSession.WhyAbsent);
        // As a runbook acts on it.
        using ShellProcess shell = ShellProcess.Start(
            "-Command", $"$ErrorActionPreference = 'Stop'; try {{ & '{Script}' }} catch {{ $_.FullyQualifiedErrorId; exit 3 }}");
        await WaitUntilItRunsAsync(shell);
        PSObject ended = Assert.Single(_session.Invoke($"Stop-MemoryDump '{real.Vm.Name}' -PassThru"));
        Assert.Equal("Cancelled", $"{ended.Properties["State"].Value}");
        Assert.Equal(3, shell.WaitForExit());
        Assert.Equal("let go\nDumpCancelled,VmStats.PowerShell.Commands.InvokeMemoryDumpCommand\n", shell.Output);
        await AssertCancelledAsync();
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    private Task WaitUntilItRunsAsync(ShellProcess shell) => Eventually.TrueAsync("the dump runs", s_patience, () => Task.FromResult(
        _session.Invoke("Get-MemoryDumpStatus -State Running | Where-Object ProcessedBytes -gt 0").Count == 1
        || (shell.HasExited ? throw new InvalidOperationException($"It ended early. {shell.Output}{shell.Error}") : false)));

    private async Task AssertCancelledAsync()
    {
        Assert.Empty(Directory.GetFiles(Dumps, "*.elf*").Concat(Directory.GetFiles(Dumps, ".*.partial")));
        _session.InvokeRecords($"Connect-VmStats -Path '{_folder.Path}/t.db'").NoErrors();
        PSObject record = Assert.Single(_session.Invoke("Get-MemoryDumpRecord"));
        Assert.Equal(("Cancelled", "DumpCancelled"), ($"{record.Properties["State"].Value}", record.Properties["ErrorId"].Value));
        Assert.Equal("Cancelled", $"{Assert.Single(_session.Invoke("Get-MemoryDumpStatus")).Properties["State"].Value}");

        // Not only by its state: it works on.
        await Eventually.TrueAsync("the guest is running", s_patience, async () => (await real.Session.VirshAsync("domstate", real.Vm.Name)).Trim() == "running");
        string written = await WrittenAsync();
        await Eventually.TrueAsync("the guest works on", s_patience, async () => await WrittenAsync() != written);
    }

    private async Task<string> WrittenAsync() =>
        (await real.Session.VirshAsync("domstats", "--raw", real.Vm.Name)).Split('\n').Single(line => line.Contains("block.0.wr.reqs=", StringComparison.Ordinal));

    /// <summary>A libvirtd with a running guest; nothing where libvirt isn't installed.</summary>
    public sealed class Guest : IAsyncLifetime
    {
        private LibvirtSession? _session;
        private GuestVm? _vm;

        public LibvirtSession Session => _session ?? throw new InvalidOperationException("Require the part first.");

        public GuestVm Vm => _vm ?? throw new InvalidOperationException("Require the part first.");

        public async Task InitializeAsync()
        {
            if (LibvirtSession.WhyAbsent is null)
            {
                _session = await LibvirtSession.StartAsync();
                _vm = await _session.DefineAndStartAsync("guest");
                await LibvirtSession.WaitForGuestAsync(_vm);
            }
        }

        public async Task DisposeAsync()
        {
            if (_session is not null)
            {
                await _session.DisposeAsync();
            }
        }
    }
}
