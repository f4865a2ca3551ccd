using System.Diagnostics;
using VmStats.Fixtures.Libvirt;
using VmStats.IO;

namespace VmStats.Core.Tests.IO;

/// <summary>A folder that is held by its handle, and the way to it.</summary>
public sealed class PinnedFolderTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly string _root = Directory.CreateTempSubdirectory("vmstats-pinned-").FullName;

    public PinnedFolderTests() => Skip.IfNot(OperatingSystem.IsLinux(), "Folders are held on Linux.");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [SkippableFact]
    public void All_goes_to_the_folder_that_was_opened_whatever_its_path_means_now()
    {
        string path = Path.Combine(_root, "folder"), moved = Path.Combine(_root, "moved");
        using PinnedFolder folder = PinnedFolder.Open(path, FolderUse.Create);
        Assert.Equal(UnixFiles.PrivateFolder, File.GetUnixFileMode(path));
        Directory.Move(path, moved);
        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, "one"), "not ours");

        Write(folder, "one", "ours");
        folder.Move("one", "two", overwrite: false);
        Write(folder, "three", "ours");
        Write(folder, "four", "ours");
        folder.Delete("four");
        folder.MakePipe("pipe", UnixFiles.PrivateFile);
        folder.MakeFolder("inner", UnixFiles.PrivateFolder).Dispose();
        Assert.Equal("ours", File.ReadAllText(Path.Combine(moved, "two")));
        Assert.Equal(["pipe", "three", "two"], folder.Names("*").Order(StringComparer.Ordinal));
        Assert.Null(folder.Find("one"));
        Assert.Null(folder.TryReadAllBytes("one"));
        Assert.Equal((FileKind.Regular, 4, UnixFiles.PrivateFile), (folder.Find("two")!.Value.Kind, folder.Find("two")!.Value.Length, folder.Find("two")!.Value.Mode));
        Assert.Equal(FileKind.Pipe, folder.Find("pipe")!.Value.Kind);
        Assert.Equal(FileKind.Folder, folder.Find("inner")!.Value.Kind);
        Assert.True(folder.FreeBytes > 0);
        Assert.Equal(["not ours"], Directory.GetFiles(path).Select(File.ReadAllText));
    }

    [SkippableFact]
    public void A_file_is_opened_as_dotnet_opens_it_and_locked_against_it()
    {
        using PinnedFolder folder = Open();
        Assert.Throws<FileNotFoundException>(() => folder.OpenFile("a", FileMode.Open, FileAccess.Read));
        using (FileStream made = folder.OpenFile("a", FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, UnixFiles.Sealed))
        {
            made.Write("0123456789"u8);
            Assert.Equal(UnixFiles.Sealed, File.GetUnixFileMode(folder.PathOf("a")));
            Assert.Throws<IOException>(() => File.OpenRead(folder.PathOf("a")));
            Assert.Throws<IOException>(() => folder.OpenFile("a", FileMode.Open, FileAccess.Read, FileShare.Read));
        }

        Assert.Throws<IOException>(() => folder.OpenFile("a", FileMode.CreateNew, FileAccess.Write));
        using (FileStream read = folder.OpenFile("a", FileMode.Open, FileAccess.Read, FileShare.Read))
        {
            Assert.Throws<IOException>(() => new FileStream(folder.PathOf("a"), FileMode.Open, FileAccess.Read, FileShare.None));
            Assert.Equal(10, read.Length);
        }

        using (new FileStream(folder.PathOf("a"), FileMode.Open, FileAccess.Read, FileShare.None))
        {
            Assert.Throws<IOException>(() => folder.OpenFile("a", FileMode.Open, FileAccess.Read, FileShare.None));
        }

        File.SetUnixFileMode(folder.PathOf("a"), UnixFiles.PrivateFile);
        using (FileStream kept = folder.OpenFile("a", FileMode.OpenOrCreate, FileAccess.ReadWrite))
        {
            Assert.Equal(10, kept.Length);
        }

        using (FileStream cut = folder.OpenFile("a", FileMode.Create, FileAccess.Write))
        {
            Assert.Equal(0, cut.Length);
        }
    }

    [SkippableFact]
    public void A_rename_replaces_only_what_it_is_told_to()
    {
        using PinnedFolder folder = Open();
        Write(folder, "a", "a");
        Write(folder, "b", "b");
        Assert.Throws<IOException>(() => folder.Move("a", "b", overwrite: false));
        Assert.Equal("b"u8.ToArray(), folder.TryReadAllBytes("b"));
        Assert.Equal("a"u8.ToArray(), folder.TryReadAllBytes("a"));
        folder.Move("a", "b", overwrite: true);
        Assert.Equal("a"u8.ToArray(), folder.TryReadAllBytes("b"));
        Assert.Null(folder.Find("a"));
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../a")]
    [InlineData("/etc/passwd")]
    [InlineData("a/b")]
    public void A_name_leads_nowhere_else(string name)
    {
        using PinnedFolder folder = Open();
        File.WriteAllText(Path.Combine(_root, "a"), "not ours");
        Assert.Null(folder.Find(name));
        Assert.Throws<IOException>(() => folder.OpenFile(name, FileMode.Open, FileAccess.Read));
        Assert.Throws<IOException>(() => folder.Delete(name));
        Assert.Throws<IOException>(() => folder.Move(name, "b", overwrite: true));
        Assert.Throws<IOException>(() => folder.Move("b", name, overwrite: true));
    }

    [SkippableFact]
    public void A_chain_of_links_that_never_ends_is_an_error()
    {
        File.CreateSymbolicLink(Path.Combine(_root, "a"), "b");
        File.CreateSymbolicLink(Path.Combine(_root, "b"), "a");
        Assert.Throws<IOException>(() => PinnedFolder.Open(Path.Combine(_root, "a", "folder"), FolderUse.Create));
        File.WriteAllText(Path.Combine(_root, "file"), "");
        Assert.Throws<IOException>(() => PinnedFolder.Open(Path.Combine(_root, "file", "folder"), FolderUse.Create));
        Assert.Throws<FileNotFoundException>(() => PinnedFolder.Open(Path.Combine(_root, "no", "folder"), FolderUse.Write));
        Assert.Throws<FileNotFoundException>(() => PinnedFolder.Open(Path.Combine(_root, "no", "folder"), FolderUse.Read));
    }

    [SkippableFact]
    public void A_folder_of_ours_is_removed_with_what_is_ours_and_nothing_that_a_link_leads_to()
    {
        using PinnedFolder folder = Open();
        string elsewhere = Directory.CreateDirectory(Path.Combine(_root, "elsewhere")).FullName;
        File.WriteAllText(Path.Combine(elsewhere, "precious"), "");
        string meeting = Directory.CreateDirectory(folder.PathOf("meeting")).FullName;
        File.CreateSymbolicLink(Path.Combine(meeting, "link"), elsewhere);
        Directory.CreateDirectory(Path.Combine(meeting, "inner"));
        File.WriteAllText(Path.Combine(meeting, "inner", "image"), "");
        folder.DeleteFolder("meeting", depth: 1);
        Assert.False(Directory.Exists(meeting));

        // What is deeper than anything that was made stays, and so do the folders above it.
        string deep = Directory.CreateDirectory(Path.Combine(meeting, "inner", "deep")).FullName;
        folder.DeleteFolder("meeting", depth: 1);
        Assert.True(Directory.Exists(deep));
        File.CreateSymbolicLink(folder.PathOf("link"), elsewhere);
        folder.DeleteFolder("link", depth: 1);
        Assert.True(File.Exists(Path.Combine(elsewhere, "precious")));
    }

    [SkippableFact]
    public async Task However_fast_a_step_of_the_path_is_exchanged_nothing_comes_to_be_elsewhere()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Only root can give a folder away.");
        string step = Path.Combine(_root, "step"), real = Path.Combine(_root, "real"), other = Path.Combine(_root, "other"), link = Path.Combine(_root, "link");
        Directory.CreateDirectory(Path.Combine(step, "goal"));
        Directory.CreateDirectory(Path.Combine(other, "goal"));
        await Tool.RunAsync("chown", ["65534", other], s_patience);
        File.CreateSymbolicLink(link, other);
        using CancellationTokenSource enough = new();
        Task exchanging = Task.Run(() =>
        {
            while (!enough.IsCancellationRequested)
            {
                Directory.Move(step, real);
                Directory.Move(link, step);
                Directory.Move(step, link);
                Directory.Move(real, step);
            }
        });
        int opened = 0, refused = 0;
        long started = Stopwatch.GetTimestamp();

        // By the clock: on a calm machine thousands are opened before the other thread runs at all.
        for (int i = 0; !exchanging.IsCompleted && Stopwatch.GetElapsedTime(started) < s_patience && (i < 2_000 || opened == 0 || refused == 0); i++)
        {
            try
            {
                using PinnedFolder folder = PinnedFolder.Open(Path.Combine(step, "goal"), FolderUse.Write);
                Write(folder, "file", "ours");
                opened++;
            }
            catch (UnsafePathException)
            {
                refused++;
            }
            catch (FileNotFoundException)
            {
                // In between there is no step at all.
            }
        }

        await enough.CancelAsync();
        await exchanging;
        Assert.True(opened > 0 && refused > 0, $"{opened} opened, {refused} refused");
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(other, "goal")));
    }

    private PinnedFolder Open() => PinnedFolder.Open(Path.Combine(_root, "folder"), FolderUse.Create);

    private static void Write(PinnedFolder folder, string name, string text)
    {
        using FileStream file = folder.OpenFile(name, FileMode.OpenOrCreate, FileAccess.Write);
        file.Write(System.Text.Encoding.UTF8.GetBytes(text));
    }
}
