using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace VmStats.Shell;

/// <summary>Results on standard output; every other stream on standard error, with pwsh's prefixes; questions on the console.</summary>
internal sealed class ShellHostUI : PSHostUserInterface
{
    private readonly Lock _gate = new();
    private readonly ProgressLine _progress = new();
    private readonly ShellRawUI _rawUI = new();

    public override PSHostRawUserInterface RawUI => _rawUI;

    public override bool SupportsVirtualTerminal { get; } =
        !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";

    public override void Write(string value) => Put(Console.Out, value, newLine: false);

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

    public override void WriteLine(string value) => Put(Console.Out, value, newLine: true);

    public override void WriteErrorLine(string value) => Put(Console.Error, value, newLine: true);

    public override void WriteWarningLine(string message) => WriteErrorLine($"WARNING: {message}");

    public override void WriteVerboseLine(string message) => WriteErrorLine($"VERBOSE: {message}");

    public override void WriteDebugLine(string message) => WriteErrorLine($"DEBUG: {message}");

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        lock (_gate)
        {
            _progress.Show(record);
        }
    }

    public void ClearProgress()
    {
        lock (_gate)
        {
            _progress.Clear();
        }
    }

    public override string ReadLine()
    {
        ClearProgress();
        return Console.In.ReadLine()
            ?? throw new HostException("There is nobody to answer: standard input has ended. Give the value as a parameter.");
    }

    public override SecureString ReadLineAsSecureString()
    {
        SecureString secret = new();
        if (Console.IsInputRedirected)
        {
            foreach (char character in ReadLine())
            {
                secret.AppendChar(character);
            }
        }
        else
        {
            ReadHidden(secret);
        }

        secret.MakeReadOnly();
        return secret;
    }

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        WriteHeading(caption, message);
        Dictionary<string, PSObject> answers = new(StringComparer.OrdinalIgnoreCase);
        foreach (FieldDescription field in descriptions)
        {
            bool secret = field.ParameterTypeFullName == typeof(SecureString).FullName;
            Write($"{field.Name}: ");
            answers[field.Name] = PSObject.AsPSObject(secret ? ReadLineAsSecureString() : ReadLine());
        }

        return answers;
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        WriteHeading(caption, message);
        string[] keys = [.. choices.Select(Key)];
        while (true)
        {
            for (int index = 0; index < choices.Count; index++)
            {
                Write($"[{keys[index]}] {choices[index].Label.Replace("&", "", StringComparison.Ordinal)}  ");
            }

            Write(defaultChoice >= 0 ? $"(default is \"{keys[defaultChoice]}\"): " : ": ");
            string answer = ReadLine().Trim();
            int choice = answer.Length == 0 ? defaultChoice : Find(choices, keys, answer);
            if (choice >= 0)
            {
                return choice;
            }
        }
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        PromptForCredential(caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options)
    {
        WriteHeading(caption, message);
        if (string.IsNullOrEmpty(userName))
        {
            Write("User: ");
            userName = ReadLine();
        }

        Write($"Password for user {userName}: ");
        return new PSCredential(userName, ReadLineAsSecureString());
    }

    private void Put(TextWriter writer, string? value, bool newLine)
    {
        string text = GetOutputString(value ?? "", SupportsVirtualTerminal);
        lock (_gate)
        {
            _progress.Clear();
            if (newLine)
            {
                writer.WriteLine(text);
            }
            else
            {
                writer.Write(text);
            }
        }
    }

    private void WriteHeading(string caption, string message)
    {
        foreach (string line in new[] { caption, message })
        {
            if (!string.IsNullOrEmpty(line))
            {
                WriteLine(line);
            }
        }
    }

    private void ReadHidden(SecureString secret)
    {
        ClearProgress();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace && secret.Length > 0)
            {
                secret.RemoveAt(secret.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                secret.AppendChar(key.KeyChar);
            }
        }

        WriteLine("");
    }

    // The letter after & is the key that answers; without one the whole label is.
    private static string Key(ChoiceDescription choice)
    {
        int mark = choice.Label.IndexOf('&', StringComparison.Ordinal);
        return mark >= 0 && mark < choice.Label.Length - 1
            ? choice.Label.Substring(mark + 1, 1).ToUpper(CultureInfo.InvariantCulture)
            : choice.Label;
    }

    private static int Find(Collection<ChoiceDescription> choices, string[] keys, string answer)
    {
        int byKey = Array.FindIndex(keys, key => key.Equals(answer, StringComparison.OrdinalIgnoreCase));
        return byKey >= 0
            ? byKey
            : choices.ToList().FindIndex(choice =>
                choice.Label.Replace("&", "", StringComparison.Ordinal).Equals(answer, StringComparison.OrdinalIgnoreCase));
    }
}
