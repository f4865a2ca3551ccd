using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using System.Text;

namespace VmStats.PowerShell.Tests.Hosting;

/// <summary>A host that keeps the text it is given and answers questions from a list; a question without an answer fails the command.</summary>
public sealed class RecordingHost : PSHost
{
    private readonly RecordingUI _ui;

    public RecordingHost(int width) => _ui = new RecordingUI(width);

    /// <summary>Answers to prompts and confirmations ("Y", "N", "A"), in their order.</summary>
    public Queue<string> Answers => _ui.Answers;

    /// <summary>Caption and message of every question that was asked.</summary>
    public IReadOnlyList<string> Questions => _ui.Questions;

    /// <summary>What <c>exit N</c> said.</summary>
    public int? ExitCode { get; private set; }

    public override string Name => "VmStats tests";

    public override Version Version { get; } = new(1, 0);

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override CultureInfo CurrentCulture => CultureInfo.InvariantCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.InvariantCulture;

    public override PSHostUserInterface UI => _ui;

    /// <summary>The text written so far, which is thereby forgotten.</summary>
    public string TakeText()
    {
        string text = _ui.Text.ToString();
        _ui.Text.Clear();
        return text;
    }

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    public override void EnterNestedPrompt() => throw new NotSupportedException();

    public override void ExitNestedPrompt() => throw new NotSupportedException();

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }

    private sealed class RecordingUI(int width) : PSHostUserInterface
    {
        public StringBuilder Text { get; } = new();

        public Queue<string> Answers { get; } = new();

        public List<string> Questions { get; } = [];

        public override PSHostRawUserInterface RawUI { get; } = new FixedRawUI(width);

        public override void Write(string value) => Text.Append(GetOutputString(value, SupportsVirtualTerminal));

        public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

        public override void WriteLine(string value) => Text.Append(GetOutputString(value, SupportsVirtualTerminal)).Append('\n');

        public override void WriteErrorLine(string value) => WriteLine($"ERROR: {value}");

        // These streams are read from the records.
        public override void WriteWarningLine(string message)
        {
        }

        public override void WriteVerboseLine(string message)
        {
        }

        public override void WriteDebugLine(string message)
        {
        }

        public override void WriteProgress(long sourceId, ProgressRecord record)
        {
        }

        public override string ReadLine() =>
            Answers.TryDequeue(out string? answer) ? answer : throw new HostException("The test has no answer to this question.");

        public override SecureString ReadLineAsSecureString()
        {
            SecureString secret = new();
            foreach (char character in ReadLine())
            {
                secret.AppendChar(character);
            }

            return secret;
        }

        public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
        {
            Questions.Add($"{caption}\n{message}");
            return descriptions.ToDictionary(
                field => field.Name,
                field => PSObject.AsPSObject(
                    field.ParameterTypeFullName == typeof(SecureString).FullName ? ReadLineAsSecureString() : ReadLine()));
        }

        public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
        {
            Questions.Add($"{caption}\n{message}");
            string answer = ReadLine();
            int choice = choices.ToList().FindIndex(item => item.Label.Contains($"&{answer}", StringComparison.OrdinalIgnoreCase));
            return choice >= 0 ? choice : throw new HostException($"'{answer}' is not among the choices.");
        }

        public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
            new(string.IsNullOrEmpty(userName) ? ReadLine() : userName, ReadLineAsSecureString());

        public override PSCredential PromptForCredential(
            string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) =>
            PromptForCredential(caption, message, userName, targetName);
    }

    private sealed class FixedRawUI(int width) : PSHostRawUserInterface
    {
        public override ConsoleColor ForegroundColor { get; set; }

        public override ConsoleColor BackgroundColor { get; set; }

        public override int CursorSize { get; set; }

        public override Size BufferSize { get; set; } = new(width, 50);

        public override Size WindowSize { get; set; } = new(width, 50);

        public override Size MaxWindowSize => WindowSize;

        public override Size MaxPhysicalWindowSize => WindowSize;

        public override Coordinates CursorPosition { get; set; }

        public override Coordinates WindowPosition { get; set; }

        public override string WindowTitle { get; set; } = "";

        public override bool KeyAvailable => false;

        public override void FlushInputBuffer()
        {
        }

        public override KeyInfo ReadKey(ReadKeyOptions options) => throw new NotSupportedException();

        public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw new NotSupportedException();

        public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) =>
            throw new NotSupportedException();

        public override void SetBufferContents(Rectangle rectangle, BufferCell fill) => throw new NotSupportedException();

        public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw new NotSupportedException();
    }
}
