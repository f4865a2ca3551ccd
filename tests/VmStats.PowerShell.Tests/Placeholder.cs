namespace VmStats.PowerShell.Tests; public class Placeholder { [Fact] public void Builds() => Assert.True(System.IO.Directory.Exists(System.AppContext.BaseDirectory)); }
