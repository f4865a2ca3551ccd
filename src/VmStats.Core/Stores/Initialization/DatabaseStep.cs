namespace VmStats.Stores.Initialization;

/// <summary>One item of a database, such as a table or a cache: its current state, or the change that it needs.</summary>
/// <param name="Item">The item as it is; if <paramref name="Apply"/> is set, as it will be afterwards.</param>
/// <param name="Action">Describes the change, for the confirmation prompt.</param>
/// <param name="Apply">Makes the change; null if none is needed. Returns true if the item was created by someone else in the meantime.</param>
internal sealed record DatabaseStep(VmStatsDatabaseItem Item, string? Action = null, Func<CancellationToken, ValueTask<bool>>? Apply = null)
{
    /// <summary>An item that exists.</summary>
    public static DatabaseStep Exists(VmStatsDatabaseItemKind kind, string name, string? detail = null) =>
        new(new VmStatsDatabaseItem { Kind = kind, Name = name, Result = VmStatsDatabaseItemResult.Exists, Detail = detail });

    /// <summary>An item that is left unchanged.</summary>
    public static DatabaseStep Skipped(VmStatsDatabaseItemKind kind, string name, string why) =>
        new(new VmStatsDatabaseItem { Kind = kind, Name = name, Result = VmStatsDatabaseItemResult.Skipped, Detail = why });

    /// <summary>An item to create.</summary>
    public static DatabaseStep Create(VmStatsDatabaseItemKind kind, string name, string action, string? detail, Func<CancellationToken, ValueTask<bool>> apply) =>
        new(new VmStatsDatabaseItem { Kind = kind, Name = name, Result = VmStatsDatabaseItemResult.Created, Detail = detail }, action, apply);

    /// <summary>An item to change.</summary>
    public static DatabaseStep Change(VmStatsDatabaseItemKind kind, string name, string action, string? detail, Func<CancellationToken, ValueTask<bool>> apply) =>
        new(new VmStatsDatabaseItem { Kind = kind, Name = name, Result = VmStatsDatabaseItemResult.Changed, Detail = detail }, action, apply);

    /// <summary>Makes the change, if any, and returns the resulting item.</summary>
    public async ValueTask<VmStatsDatabaseItem> RunAsync(CancellationToken cancellationToken) =>
        Apply is not null && await Apply(cancellationToken).ConfigureAwait(false) ? Item with { Result = VmStatsDatabaseItemResult.Exists } : Item;
}

/// <summary>Determines what a database needs to store VmStats data.</summary>
internal interface IDatabaseInitializer
{
    /// <summary>
    /// Returns the steps one by one. An item is inspected only when its step is requested, so a caller that runs each step before
    /// requesting the next one gets steps that build on it.
    /// </summary>
    /// <param name="retention">How long to keep points; null to leave the setting unchanged.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    IAsyncEnumerable<DatabaseStep> PlanAsync(TimeSpan? retention, CancellationToken cancellationToken);
}
