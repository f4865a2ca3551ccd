using System.Collections;
using System.Management.Automation;

namespace VmStats.PowerShell.Tests.Hosting;

[Collection(ModuleCollection.Name)]
public class ModuleRunspaceTests
{
    [Fact]
    public void Gives_objects_and_takes_parameters()
    {
        using ModuleRunspace session = new(module: "");
        IReadOnlyList<int> answer = session.Invoke<int>("param($Numbers) $Numbers | ForEach-Object { $_ * 2 }", new Hashtable { ["Numbers"] = new[] { 1, 2 } });
        Assert.Equal([2, 4], answer);
    }

    [Fact]
    public void Has_the_cmdlets_of_the_real_shell()
    {
        using ModuleRunspace session = new();
        IReadOnlyList<string> answers = session.Invoke<string>(
            """
            param($Manifest)
            (2, 1 | ForEach-Object -Parallel { $_ * $_ } | Sort-Object) -join ','
            Start-ThreadJob { (Import-Module $using:Manifest -PassThru).Name } | Receive-Job -Wait -AutoRemoveJob
            """,
            new Hashtable { ["Manifest"] = Repository.ModuleManifest });
        Assert.Equal(["1,4", "VmStats.PowerShell"], answers);
    }

    [Fact]
    public void Keeps_every_stream_apart()
    {
        using ModuleRunspace session = new(module: "");
        Records records = session.InvokeRecords("""
            function Send { [CmdletBinding()] param()
                $PSCmdlet.WriteWarning('w'); $PSCmdlet.WriteVerbose('v'); $PSCmdlet.WriteObject(1)
                $PSCmdlet.WriteProgress([System.Management.Automation.ProgressRecord]::new(0, 'act', 'status'))
                $PSCmdlet.WriteInformation('i', [string[]]@('tag'))
                $PSCmdlet.WriteError([System.Management.Automation.ErrorRecord]::new([Exception]::new('e'), 'Id', 'InvalidData', 'target')) }
            Send -Verbose
            """);
        Assert.Equal([1], records.Of<int>());
        Assert.Equal(["w"], records.Warnings);
        Assert.Equal(["v"], records.Verbose);
        Assert.Equal("i", Assert.Single(records.Information).MessageData);
        Assert.Equal("act", Assert.Single(records.Progress).Activity);
        Assert.StartsWith("Id", records.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Null(records.Terminated);
    }

    [Fact]
    public void Reports_a_terminating_error_once()
    {
        using ModuleRunspace session = new(module: "");
        Records records = session.InvokeRecords("1; throw 'boom'; 2");
        Assert.Equal([1], records.Of<int>());
        Assert.Equal("boom", records.SingleError.Exception.Message);
        Assert.Same(records.SingleError, records.Terminated);
    }

    [Fact]
    public void Stops_a_running_pipeline()
    {
        using ModuleRunspace session = new(module: "");
        using RunningPipeline pipeline = session.BeginInvoke("1; while ($true) { [Threading.Thread]::Sleep(1) }");
        pipeline.WaitUntil(running => running.OutputCount == 1);
        Records records = pipeline.Stop();
        Assert.True(records.Stopped);
        Assert.Equal([1], records.Of<int>());
        Assert.Equal([3], session.Invoke<int>("1 + 2"));
    }

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void Formats_to_the_width_of_the_host(int width)
    {
        using ModuleRunspace session = new(width: width, module: "");
        string text = session.InvokeText("[pscustomobject]@{ Name = 'web1'; Text = 'x' * 200 }");
        Assert.Contains("web1", text, StringComparison.Ordinal);
        // The engine leaves the last column free.
        Assert.Equal(width - 1, text.Split('\n').Max(line => line.Length));
        Assert.DoesNotContain('\u001b', text);
    }

    [Fact]
    public void Completes_and_answers_questions()
    {
        using ModuleRunspace session = new(module: "");
        Assert.Contains("Get-Module", session.Complete("Get-Mod"));
        session.Invoke("function Remove-It { [CmdletBinding(SupportsShouldProcess)] param() $PSCmdlet.ShouldProcess('vm1') }");
        session.Host.Answers.Enqueue("N");
        Assert.Equal([false], session.Invoke<bool>("Remove-It -Confirm"));
        Assert.Contains("vm1", Assert.Single(session.Host.Questions), StringComparison.Ordinal);
    }

    [Fact]
    public void Hides_the_machines_variables_and_puts_them_back()
    {
        Environment.SetEnvironmentVariable("INFLUX_TEST_LEFTOVER", "machine");
        try
        {
            using (ModuleRunspace session = new(new Dictionary<string, string?> { ["INFLUX_DB"] = "mine" }, module: ""))
            {
                Assert.Equal(["mine", session.DataFolder], session.Invoke<string>("$env:INFLUX_DB; $env:XDG_DATA_HOME"));
                Assert.Null(session.Invoke("$env:INFLUX_TEST_LEFTOVER").SingleOrDefault());
            }

            Assert.Equal("machine", Environment.GetEnvironmentVariable("INFLUX_TEST_LEFTOVER"));
            Assert.Null(Environment.GetEnvironmentVariable("INFLUX_DB"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("INFLUX_TEST_LEFTOVER", null);
        }
    }

    [Fact]
    public void Imports_a_module_by_path_and_removes_it_at_the_end()
    {
        using TempFolder folder = new();
        string mark = Path.Combine(folder.Path, "removed");
        string module = folder.Write("Tiny.psm1", $$"""
            function Get-Tiny { 'tiny' }
            $ExecutionContext.SessionState.Module.OnRemove = { [IO.File]::WriteAllText('{{mark}}', '') }
            """);
        using (ModuleRunspace session = new(module: module))
        {
            Assert.Equal(["tiny"], session.Invoke<string>("Get-Tiny"));
        }

        Assert.True(File.Exists(mark));
    }
}
