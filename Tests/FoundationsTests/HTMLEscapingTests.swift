import Foundations
import Testing

@Suite("Text from outside in markup (D-58)")
struct HTMLEscapingTests {
    @Test("it cannot end an attribute or begin an element")
    func escapes() {
        var markup = "<b>"
        markup.append(escapedForHTML: "<script a=\"1\" b='2'>&amp;")
        #expect(markup == "<b>&lt;script a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;amp;")
    }

    @Test("other characters stay as they are", arguments: ["", "Ada", "é", "👩‍🚀", "\u{0}"])
    func others(text: String) {
        var markup = ""
        markup.append(escapedForHTML: text)
        #expect(markup.unicodeScalars.elementsEqual(text.unicodeScalars))
    }

    @Test(
        "what is between special characters is kept",
        arguments: [("<é>", "&lt;é&gt;"), ("é<", "é&lt;"), ("&&ß&", "&amp;&amp;ß&amp;"), ("日<本", "日&lt;本")]
    )
    func between(text: String, escaped: String) {
        var markup = ""
        markup.append(escapedForHTML: text)
        #expect(markup == escaped)
    }

    @Test("a combining mark does not hide the character before it")
    func combining() {
        var markup = ""
        markup.append(escapedForHTML: "<\u{338}")
        #expect(markup.unicodeScalars.elementsEqual("&lt;\u{338}".unicodeScalars))
    }
}
