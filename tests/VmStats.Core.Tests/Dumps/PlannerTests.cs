using VmStats.Dumps.Capture;

namespace VmStats.Core.Tests.Dumps;

/// <summary>What is foretold of dumps: by the VMs' own earlier ones, by one query, or roughly at once.</summary>
public sealed class PlannerTests
{
    [SkippableFact]
    public async Task One_query_gives_each_vm_its_own_history()
    {
        await using DumpLab lab = new();
        MemoryDumpRecord one = await lab.TakeAsync(), two = await lab.TakeAsync(vm: "web02");
        await lab.TakeAsync(MemoryDumpCompression.Gzip, vm: "web02");
        await using StoreProxy store = new(lab.Store);
        MemoryDumpRequest[] requests = [await RequestAsync(lab, "app02"), await RequestAsync(lab, "web02"), await RequestAsync(lab, "web01"), await RequestAsync(lab, "web02")];
        IReadOnlyList<MemoryDumpPlan> plans = await new MemoryDumpPlanner(store).PlanAsync(requests, lab.Folder, default);
        Assert.Equal(1, store.QueryCount);
        Assert.Equal(["app02", "web02", "web01", "web02"], plans.Select(plan => plan.Name));
        Assert.Equal([0, 1, 1, 1], plans.Select(plan => plan.HistoryCount));
        Assert.Equal((one.StoredBytes, two.StoredBytes), (plans[2].StoredBytes, plans[1].StoredBytes));
    }

    [SkippableFact]
    public async Task No_more_is_read_than_ten_dumps_of_each_vm()
    {
        await using DumpLab lab = new();
        for (int i = 0; i < 12; i++)
        {
            await lab.TakeAsync(vm: "web02");
        }

        MemoryDumpPlan plan = Assert.Single(await new MemoryDumpPlanner(lab.Store).PlanAsync([await RequestAsync(lab, "web02")], lab.Folder, default));
        Assert.Equal(10, plan.HistoryCount);
    }

    [SkippableFact]
    public async Task A_store_that_does_not_answer_is_waited_for_once_and_the_plan_is_a_rough_one()
    {
        await using DumpLab lab = new();
        int asked = 0;
        await using SilentStore store = new(() => asked++);
        MemoryDumpRequest[] requests = [await RequestAsync(lab, "app02"), await RequestAsync(lab, "web02"), await RequestAsync(lab, "web01")];
        IReadOnlyList<MemoryDumpPlan> plans = await new MemoryDumpPlanner(store).PlanAsync(requests, lab.Folder, default).WaitAsync(TimeSpan.FromMinutes(3));
        Assert.Equal((1, 3), (asked, plans.Count));
        Assert.All(plans, plan => Assert.Equal((0, true), (plan.HistoryCount, plan.StoredBytes > 0)));

        // Somebody who stops it doesn't get a plan.
        using CancellationTokenSource stop = new();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new MemoryDumpPlanner(store).PlanAsync(requests, lab.Folder, stop.Token));
    }

    private static async Task<MemoryDumpRequest> RequestAsync(DumpLab lab, string vm) => new() { Vm = await lab.VmAsync(vm) };
}
