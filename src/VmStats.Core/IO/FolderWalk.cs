using Microsoft.Win32.SafeHandles;

namespace VmStats.IO;

/// <summary>
/// Walks to a folder step by step, opening each name relative to the handle of the step before, and checks each step by
/// its own handle: only root and this user may be able to replace it. So there is no moment between a check and its use
/// at which a path could be redirected. Symbolic links on the way are resolved in the same manner, with their targets
/// walked step by step. Linux only.
/// </summary>
internal sealed class FolderWalk
{
    // The kernel's own limit.
    private const int MaximumLinks = 40;

    private readonly string _goal;
    private readonly FolderUse _use;
    private readonly Stack<string> _remaining = new();
    private readonly List<string> _walked = [];
    private SafeFileHandle _current;
    private bool _isShared;
    private int _links;

    private FolderWalk(string goal, FolderUse use)
    {
        (_goal, _use) = (goal, use);
        Push(goal);
        _current = Root();
    }

    /// <summary>Opens a folder. With <see cref="FolderUse.Create"/>, missing folders are created with mode 0700.</summary>
    /// <exception cref="UnsafePathException">Other users may replace the folder or its contents.</exception>
    public static SafeFileHandle Open(string fullPath, FolderUse use)
    {
        FolderWalk walk = new(fullPath, use);
        try
        {
            walk.Check(Libc.GetMetadata(walk._current));
            while (walk._remaining.TryPop(out string? name))
            {
                walk.Step(name);
            }

            return walk._current;
        }
        catch
        {
            walk._current.Dispose();
            throw;
        }
    }

    /// <summary>True for root and this user: both can do anything that this process can.</summary>
    public static bool IsTrusted(uint user) => user == 0 || user == Libc.EffectiveUserId;

    private string CurrentPath => "/" + string.Join('/', _walked);

    private static SafeFileHandle Root() => Libc.Open("/", Libc.O_PATH | Libc.O_DIRECTORY);

    private void Push(string path)
    {
        foreach (string name in Enumerable.Reverse(path.Split('/', StringSplitOptions.RemoveEmptyEntries)).Where(name => name != "."))
        {
            _remaining.Push(name);
        }
    }

    private void Step(string name)
    {
        // Opened as a folder first: only that triggers an automount.
        if (Libc.TryOpenAt(_current, name, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, 0, out int error) is SafeFileHandle folder)
        {
            GoTo(folder, name);
        }
        else if (error == Libc.ENOENT && _use == FolderUse.Create)
        {
            // If another process created it first, it is checked like any other folder.
            Libc.MakeFolder(_current, name, UnixFiles.PrivateFolder);
            GoTo(Libc.OpenAt(_current, name, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW), name);
        }
        else if (error is Libc.ENOTDIR or Libc.ELOOP)
        {
            Follow(name, error);
        }
        else
        {
            throw Libc.Failure(error, Path.Combine(CurrentPath, name));
        }
    }

    private void GoTo(SafeFileHandle folder, string name)
    {
        _current.Dispose();
        _current = folder;
        if (name != "..")
        {
            _walked.Add(name);
        }
        else if (_walked.Count > 0)
        {
            _walked.RemoveAt(_walked.Count - 1);
        }

        Check(Libc.GetMetadata(_current));
    }

    private void Follow(string name, int error)
    {
        using SafeFileHandle link = Libc.OpenAt(_current, name, Libc.O_PATH | Libc.O_NOFOLLOW);
        FileMetadata facts = Libc.GetMetadata(link);
        if (facts.Kind == FileKind.Folder && ++_links <= MaximumLinks)
        {
            // Replaced between the two calls: whatever is there now is checked like any other step.
            Step(name);
            return;
        }

        if (facts.Kind != FileKind.Link || ++_links > MaximumLinks)
        {
            throw Libc.Failure(error, Path.Combine(CurrentPath, name));
        }

        if (_remaining.Count == 0 && _use != FolderUse.Add)
        {
            throw new UnsafePathException(UnsafePath.FolderIsLink, _goal, "is a symbolic link");
        }

        // In a folder where other users can create links, only a link of our own is followed.
        if (_isShared && !IsTrusted(facts.User))
        {
            throw Refusal(Path.Combine(CurrentPath, name), "is another user's symbolic link");
        }

        string target = Libc.ReadLink(link);
        if (target.StartsWith('/'))
        {
            _current.Dispose();
            _current = Root();
            _walked.Clear();
            _isShared = false;
        }

        Push(target);
    }

    private void Check(FileMetadata facts)
    {
        bool mayBeShared = _remaining.Count > 0 || _use == FolderUse.Add;
        _isShared = facts.IsOpenToOthers;
        if (!IsTrusted(facts.User))
        {
            throw Refusal(CurrentPath, "belongs to another user");
        }

        if (_isShared && !(mayBeShared && facts.IsSticky))
        {
            throw Refusal(CurrentPath, "can be written to by others");
        }
    }

    private UnsafePathException Refusal(string step, string why) =>
        new(UnsafePath.FolderNotPrivate, _goal, step == _goal ? why : $"leads through '{step}', which {why}");
}
