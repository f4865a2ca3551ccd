using VmStats.Hypervisors.Libvirt.Native;

namespace VmStats.Hypervisors.Libvirt;

/// <summary>Dumps domains' memory. All methods block the calling thread.</summary>
internal static unsafe class DomainDumper
{
    // virDomainJobType: bounded and unbounded jobs are the running ones.
    private const int Bounded = 1;
    private const int Unbounded = 2;

    // VIR_DOMAIN_JOB_OPERATION_DUMP
    private const int DumpOperation = 8;

    /// <summary>Finds a domain by its UUID.</summary>
    public static DomainHandle Find(OpenedConnection connection, Guid vm)
    {
        byte* uuid = stackalloc byte[LibvirtNative.UuidBytes];
        vm.TryWriteBytes(new Span<byte>(uuid, LibvirtNative.UuidBytes), bigEndian: true, out _);
        DomainHandle domain = LibvirtNative.LookupByUuid(connection.Handle, uuid);
        return domain.IsInvalid ? throw new LibvirtException(LibvirtError.Last()) : domain;
    }

    /// <summary>Returns the domain's name.</summary>
    public static string Name(DomainHandle domain)
    {
        string name = LibvirtStrings.Read(LibvirtNative.GetName(domain.DangerousGetHandle()));
        GC.KeepAlive(domain);
        return name;
    }

    /// <summary>Writes the domain's memory to a path. Returns when everything is written.</summary>
    public static void Dump(DomainHandle domain, string path, CoreDumpOptions options)
    {
        CoreDumpFlags flags = CoreDumpFlags.MemoryOnly
            | (options.Crash ? CoreDumpFlags.Crash : 0)
            | (options.Reset ? CoreDumpFlags.Reset : 0)
            | (options.Live ? CoreDumpFlags.Live : 0)
            | (options.BypassCache ? CoreDumpFlags.BypassCache : 0);
        LibvirtException.Check(LibvirtNative.CoreDumpWithFormat(domain, path, (uint)options.Format, flags));
    }

    /// <summary>Returns the progress of the domain's dump; null if none is running.</summary>
    public static CoreDumpProgress? Progress(DomainHandle domain)
    {
        int result = LibvirtNative.GetJobStats(domain, out int type, out VirTypedParameter* parameters, out int count, 0);
        if (result < 0)
        {
            LibvirtError error = LibvirtError.Last();
            return error.Code is LibvirtErrorCode.NoSupport or LibvirtErrorCode.OperationInvalid
                ? null
                : throw new LibvirtException(error);
        }

        try
        {
            return type is Bounded or Unbounded ? Read(parameters, count) : null;
        }
        finally
        {
            LibvirtNative.FreeTypedParameters(parameters, count);
        }
    }

    private static CoreDumpProgress? Read(VirTypedParameter* parameters, int count)
    {
        (long operation, long total, long processed) = (0, 0, 0);
        Span<char> buffer = stackalloc char[VirTypedParameter.FieldBytes];
        for (int i = 0; i < count; i++)
        {
            long value = TypedParameters.Number(parameters + i) ?? 0;
            switch (TypedParameters.Name(parameters + i, buffer))
            {
                case "operation":
                    operation = value;
                    break;
                case "memory_total":
                    total = value;
                    break;
                case "memory_processed":
                    processed = value;
                    break;
            }
        }

        return operation == DumpOperation ? new(total, processed) : null;
    }
}
