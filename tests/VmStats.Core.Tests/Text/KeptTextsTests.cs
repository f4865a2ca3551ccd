using System.Text;
using VmStats.Text;

namespace VmStats.Core.Tests.Text;

/// <summary>Texts that come again are the same object, and never another text.</summary>
public sealed class KeptTextsTests
{
    [Fact]
    public void Texts_that_come_again_are_made_once()
    {
        StringCache kept = new();
        string[] texts = [.. Enumerable.Range(0, 1000).SelectMany(i => new[] { $"vm{i:D4}", $"00000000-0000-4000-8000-{i:D12}", $"{i}" })];

        // While it grows it may lose one or another, which is made again the next time.
        string[] first = [];
        for (int round = 0; round < 4; round++)
        {
            first = [.. texts.Select(text => kept.Get(Encoding.UTF8.GetBytes(text), isTag: true))];
            Assert.Equal(texts, first);
        }

        for (int i = 0; i < texts.Length; i++)
        {
            Assert.Same(first[i], kept.Get(Encoding.UTF8.GetBytes(texts[i]), isTag: true));
        }
    }

    [Fact]
    public void More_texts_than_are_kept_are_right_all_the_same()
    {
        StringCache kept = new();
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 60_000; i++)
            {
                string text = $"é{i % 7}-the-same-beginning-{i}-the-same-end";
                Assert.Equal(text, kept.Get(Encoding.UTF8.GetBytes(text), isTag: false));
            }
        }
    }

    [Fact]
    public void A_tag_and_a_text_of_the_same_bytes_are_two()
    {
        StringCache kept = new();
        byte[] bytes = Encoding.UTF8.GetBytes("a\u240Ab");
        Assert.Equal("a\u240Ab", kept.Get(bytes, isTag: false));
        Assert.Equal("a\nb", kept.Get(bytes, isTag: true));
        Assert.Equal("", kept.Get([], isTag: false));
    }
}
