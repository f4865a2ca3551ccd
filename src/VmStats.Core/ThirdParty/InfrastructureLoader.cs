using System.Reflection;
using System.Runtime.Loader;
using VmStats.Errors;

namespace VmStats.ThirdParty;

/// <summary>
/// Loads VmStats.Infrastructure on first use. In the module it is in <c>lib/</c>, with the packages it depends on, and
/// gets its own load context, so that another module's version of the same package can't conflict with it; where it is
/// already beside Core (tests, tools), that one is used.
/// </summary>
internal static class InfrastructureLoader
{
    private const string AssemblyName = "VmStats.Infrastructure";
    private const string TypeName = "VmStats.Infrastructure.Infrastructure";

    private static readonly Lazy<IInfrastructure> s_current = new(() => Load(FolderOf(typeof(InfrastructureLoader).Assembly)));

    /// <summary>The infrastructure of this process, loaded on first use.</summary>
    /// <exception cref="VmStatsException">The assembly can't be loaded: <c>InfrastructureMissing</c>.</exception>
    public static IInfrastructure Current => s_current.Value;

    /// <summary>Closes the infrastructure's open resources, if it was ever loaded.</summary>
    public static void Release()
    {
        if (s_current.IsValueCreated)
        {
            s_current.Value.Release();
        }
    }

    /// <summary>Loads the infrastructure from the <c>lib/</c> folder of a folder, or from where this process resolves it by default.</summary>
    /// <param name="folder">The folder that holds VmStats.Core.dll.</param>
    internal static IInfrastructure Load(string folder)
    {
        string path = Path.Combine(folder, "lib", AssemblyName + ".dll");
        try
        {
            Assembly assembly = File.Exists(path)
                ? new IsolatedLoadContext(path).LoadFromAssemblyPath(path)
                : Assembly.Load(new AssemblyName(AssemblyName));
            return (IInfrastructure)Activator.CreateInstance(assembly.GetType(TypeName, throwOnError: true)!)!;
        }
        catch (Exception e) when (e is IOException or BadImageFormatException or TypeLoadException or MissingMethodException)
        {
            throw new VmStatsException(
                ErrorIds.InfrastructureMissing,
                VmStatsErrorKind.NotFound,
                $"VmStats is incomplete: '{path}' can't be loaded. {e.Message}",
                "Install the module again, including its lib folder with all files.",
                path,
                e);
        }
    }

    private static string FolderOf(Assembly assembly) =>
        assembly.Location.Length > 0 ? Path.GetDirectoryName(assembly.Location)! : AppContext.BaseDirectory;

    private sealed class IsolatedLoadContext(string path) : AssemblyLoadContext("VmStats")
    {
        private readonly AssemblyDependencyResolver _resolver = new(path);

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            // Both contexts share one Core, since its types are passed between them.
            Assembly core = typeof(InfrastructureLoader).Assembly;
            if (assemblyName.Name == core.GetName().Name)
            {
                return core;
            }

            string? file = _resolver.ResolveAssemblyToPath(assemblyName);
            return file is null ? null : LoadFromAssemblyPath(file);
        }

        protected override nint LoadUnmanagedDll(string unmanagedDllName)
        {
            string? file = _resolver.ResolveUnmanagedDllToPath(unmanagedDllName);
            return file is null ? 0 : LoadUnmanagedDllFromPath(file);
        }
    }
}
