using Microsoft.Win32.SafeHandles;

namespace VmStats.Files;

/// <summary>
/// Goes to a folder step by step, each name looked up in the handle of the step before, and checks each step by its own
/// handle: nobody but root and this user may be able to exchange it. So there is no moment between a check and a use in
/// which a path could come to mean something else. Links on the way are gone through in the same manner, their targets
/// step by step. Linux only.
/// </summary>
internal sealed class FolderWalk
{
    // As many as the kernel follows itself.
    private const int MostLinks = 40;

    private readonly string _goal;
    private readonly FolderUse _use;
    private readonly Stack<string> _ahead = new();
    private readonly List<string> _behind = [];
    private SafeFileHandle _here;
    private bool _isShared;
    private int _links;

    private FolderWalk(string goal, FolderUse use)
    {
        (_goal, _use) = (goal, use);
        Push(goal);
        _here = Root();
    }

    /// <summary>Opens a folder; where it is to be made, with those above it that don't exist, with mode 0700.</summary>
    /// <exception cref="UnsafePathException">Others may exchange it, or what is in it.</exception>
    public static SafeFileHandle To(string fullPath, FolderUse use)
    {
        FolderWalk walk = new(fullPath, use);
        try
        {
            walk.Check(Libc.Look(walk._here));
            while (walk._ahead.TryPop(out string? name))
            {
                walk.Step(name);
            }

            return walk._here;
        }
        catch
        {
            walk._here.Dispose();
            throw;
        }
    }

    /// <summary>True for root and this user: who is either can do anything that we can.</summary>
    public static bool IsTrusted(uint user) => user == 0 || user == Libc.EffectiveUserId;

    private string Here => "/" + string.Join('/', _behind);

    private static SafeFileHandle Root() => Libc.Open("/", Libc.O_PATH | Libc.O_DIRECTORY);

    private void Push(string path)
    {
        foreach (string name in Enumerable.Reverse(path.Split('/', StringSplitOptions.RemoveEmptyEntries)).Where(name => name != "."))
        {
            _ahead.Push(name);
        }
    }

    private void Step(string name)
    {
        // As a folder first: only so is one that is mounted on its first use mounted.
        if (Libc.TryOpenAt(_here, name, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, 0, out int error) is SafeFileHandle folder)
        {
            GoTo(folder, name);
        }
        else if (error == Libc.ENOENT && _use == FolderUse.Create)
        {
            // Whoever was faster is looked at like anybody.
            Libc.MakeFolder(_here, name, UnixFiles.PrivateFolder);
            GoTo(Libc.OpenAt(_here, name, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW), name);
        }
        else if (error is Libc.ENOTDIR or Libc.ELOOP)
        {
            Follow(name, error);
        }
        else
        {
            throw Libc.Failure(error, Path.Combine(Here, name));
        }
    }

    private void GoTo(SafeFileHandle folder, string name)
    {
        _here.Dispose();
        _here = folder;
        if (name != "..")
        {
            _behind.Add(name);
        }
        else if (_behind.Count > 0)
        {
            _behind.RemoveAt(_behind.Count - 1);
        }

        Check(Libc.Look(_here));
    }

    private void Follow(string name, int error)
    {
        using SafeFileHandle link = Libc.OpenAt(_here, name, Libc.O_PATH | Libc.O_NOFOLLOW);
        FileFacts facts = Libc.Look(link);
        if (facts.Kind == FileKind.Folder && ++_links <= MostLinks)
        {
            // Exchanged between the two looks: what is there now is looked at like anything.
            Step(name);
            return;
        }

        if (facts.Kind != FileKind.Link || ++_links > MostLinks)
        {
            throw Libc.Failure(error, Path.Combine(Here, name));
        }

        if (_ahead.Count == 0 && _use != FolderUse.Add)
        {
            throw new UnsafePathException(UnsafePath.FolderIsLink, _goal, "is a symbolic link");
        }

        // Where others may make links, only one of our own leads anywhere.
        if (_isShared && !IsTrusted(facts.User))
        {
            throw Refusal(Path.Combine(Here, name), "is another user's symbolic link");
        }

        string target = Libc.ReadLink(link);
        if (target.StartsWith('/'))
        {
            _here.Dispose();
            _here = Root();
            _behind.Clear();
            _isShared = false;
        }

        Push(target);
    }

    private void Check(FileFacts facts)
    {
        bool mayBeShared = _ahead.Count > 0 || _use == FolderUse.Add;
        _isShared = facts.IsOpenToOthers;
        if (!IsTrusted(facts.User))
        {
            throw Refusal(Here, "belongs to another user");
        }

        if (_isShared && !(mayBeShared && facts.IsSticky))
        {
            throw Refusal(Here, "can be written to by others");
        }
    }

    private UnsafePathException Refusal(string step, string why) =>
        new(UnsafePath.FolderNotPrivate, _goal, step == _goal ? why : $"leads through '{step}', which {why}");
}
