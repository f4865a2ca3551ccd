using System.Management.Automation;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace VmStats.Benchmarks.Wire;

/// <summary>
/// What Invoke-RestMethod does with a JSON answer, which is not part of the engine's package: body to text, text to
/// JObjects by Newtonsoft.Json, JObjects to PSObjects with a note property each, all before the first is given out.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "RestWay")]
public sealed class InvokeRestWayCommand : PSCmdlet
{
    /// <summary>The server.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public Uri Url { get; set; } = null!;

    /// <summary>Rows to ask for.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    public int Rows { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        using HttpClient client = new();
        using StringContent query = new($$"""{"db":"rows{{Rows}}","q":"SELECT * FROM vm_totals","format":"json"}""");
        using HttpResponseMessage response = client.PostAsync(new Uri(Url, "/api/v3/query_sql"), query).GetAwaiter().GetResult();
        string body = response.Content.ReadAsStringAsync().GetAwaiter().GetResult();
        JsonSerializerSettings settings = new() { TypeNameHandling = TypeNameHandling.None, MetadataPropertyHandling = MetadataPropertyHandling.Ignore, MaxDepth = 1024 };
        JArray array = (JArray)JsonConvert.DeserializeObject(body, settings)!;
        List<object> objects = new(array.Count);
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        foreach (JToken token in array)
        {
            PSObject item = new();
            names.Clear();
            foreach ((string name, JToken? value) in (JObject)token)
            {
                // Names that differ in case only are refused there, so they are looked for.
                if (names.Add(name))
                {
                    item.Properties.Add(new PSNoteProperty(name, ((JValue)value!).Value));
                }
            }

            objects.Add(item);
        }

        WriteObject(objects, enumerateCollection: true);
    }
}
