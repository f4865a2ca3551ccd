namespace VmStats.Stores.Initialization;

/// <summary>A thing of a database: as it is, or what is to be done about it.</summary>
/// <param name="Item">The thing as it is; after <paramref name="Apply"/>, as it will be.</param>
/// <param name="Action">What would be done, for a question.</param>
/// <param name="Apply">Applies the step; null if nothing is to be done. Returns true if another client has done it in the meantime.</param>
internal sealed record DatabaseStep(VmStatsDatabaseItem Item, string? Action = null, Func<CancellationToken, ValueTask<bool>>? Apply = null)
{
    /// <summary>A thing that is there.</summary>
    public static DatabaseStep Exists(VmStatsDatabaseItemKind kind, string name, string? detail = null) =>
        new(new VmStatsDatabaseItem { Kind = kind, Name = name, Result = VmStatsDatabaseItemResult.Exists, Detail = detail });

    /// <summary>A thing that is left alone.</summary>
    public static DatabaseStep Skipped(VmStatsDatabaseItemKind kind, string name, string why) =>
        new(new VmStatsDatabaseItem { Kind = kind, Name = name, Result = VmStatsDatabaseItemResult.Skipped, Detail = why });

    /// <summary>A thing to be made.</summary>
    public static DatabaseStep Create(VmStatsDatabaseItemKind kind, string name, string action, string? detail, Func<CancellationToken, ValueTask<bool>> apply) =>
        new(new VmStatsDatabaseItem { Kind = kind, Name = name, Result = VmStatsDatabaseItemResult.Created, Detail = detail }, action, apply);

    /// <summary>A thing to be changed.</summary>
    public static DatabaseStep Change(VmStatsDatabaseItemKind kind, string name, string action, string? detail, Func<CancellationToken, ValueTask<bool>> apply) =>
        new(new VmStatsDatabaseItem { Kind = kind, Name = name, Result = VmStatsDatabaseItemResult.Changed, Detail = detail }, action, apply);

    /// <summary>Does what is to be done.</summary>
    public async ValueTask<VmStatsDatabaseItem> RunAsync(CancellationToken cancellationToken) =>
        Apply is not null && await Apply(cancellationToken).ConfigureAwait(false) ? Item with { Result = VmStatsDatabaseItemResult.Exists } : Item;
}

/// <summary>Knows what a database needs to serve VmStats.</summary>
internal interface IDatabaseInitializer
{
    /// <summary>
    /// The things, one after the other, each looked at when it is asked for: whoever carries a step out before he asks for
    /// the next gets steps that build on it.
    /// </summary>
    /// <param name="retention">How long points are to be kept; null to leave it as it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    IAsyncEnumerable<DatabaseStep> PlanAsync(TimeSpan? retention, CancellationToken cancellationToken);
}
