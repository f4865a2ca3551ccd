using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Loader;
using VmStats.PowerShell.Tests.Hosting;

namespace VmStats.PowerShell.Tests.ThirdParty;

/// <summary>
/// This assembly as a program: a session of which nobody has used anything yet. It imports the module, loads other versions
/// of the assemblies in lib/ as another module might, runs a script, and says after each step which of those are loaded, and in which context.
/// </summary>
internal static class IsolationProgram
{
    /// <summary>The version of what the other module brings.</summary>
    public const string OtherVersion = "99.0.0.0";

    private static readonly HashSet<string> s_names = [.. Directory.EnumerateFiles(Library, "*.dll").Select(Path.GetFileNameWithoutExtension).OfType<string>()];

    // .NET has some of them itself, in a version of its own, for everybody.
    private static readonly HashSet<string> s_ofDotNet = [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator).Select(Path.GetFileNameWithoutExtension).OfType<string>()];

    private static string Library => Path.Combine(Path.GetDirectoryName(Repository.ModuleManifest)!, "lib");

    private static int Main(string[] arguments)
    {
        if (arguments is not [string script])
        {
            return 2;
        }

        using ModuleRunspace session = new();
        session.InvokeRecords("Get-Command -Module VmStats.PowerShell").NoErrors();
        Report("imported");
        foreach (string name in s_names.Except(s_ofDotNet))
        {
            LoadOther(name);
        }

        foreach (object item in session.Invoke(script))
        {
            Console.WriteLine($"output|{item}");
        }

        Report("used");
        return 0;
    }

    private static void LoadOther(string name)
    {
        PersistedAssemblyBuilder other = new(new AssemblyName(name) { Version = new Version(OtherVersion) }, typeof(object).Assembly);
        other.DefineDynamicModule(name).DefineType("Nothing").CreateType();
        using MemoryStream image = new();
        other.Save(image);
        image.Position = 0;
        AssemblyLoadContext.Default.LoadFromStream(image);
    }

    private static void Report(string step)
    {
        foreach (AssemblyLoadContext context in AssemblyLoadContext.All)
        {
            foreach (AssemblyName assembly in context.Assemblies.Select(assembly => assembly.GetName()).Where(assembly => s_names.Contains(assembly.Name!)))
            {
                if (context == AssemblyLoadContext.Default && s_ofDotNet.Contains(assembly.Name!))
                {
                    continue;
                }

                Console.WriteLine($"{step}|{context.Name}|{assembly.Name}|{assembly.Version}");
            }
        }
    }
}
