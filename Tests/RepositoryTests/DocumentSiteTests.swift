import Foundation
import Testing

@Suite("The documents are one site that DocC makes without a warning")
struct DocumentSiteTests {
    /// Runs a copy of the script that `make docs` runs; returns its status and what it wrote.
    private static func make(_ script: URL, into site: URL) throws -> (status: Int32, output: String) {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = script
        process.arguments = [site.path()]
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    private static func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-docs-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try body(folder)
    }

    private static let script = SourceTree.root.appending(path: ".ci/make-docs")

    @Test("every article of every catalog is a page")
    func site() throws {
        try Self.withFolder { folder in
            let site = folder.appending(path: "site")
            let made = try Self.make(Self.script, into: site)
            try #require(made.status == 0, "\(made.output)")
            let articles = SourceTree.committedPaths.filter { $0.contains(".docc/") && $0.hasSuffix(".md") }
            #expect(articles.count >= 20)
            for article in articles {
                let name = article.split(separator: "/").last?.dropLast(".md".count).lowercased() ?? ""
                let page = name == "authorizationserver" ? "index.html" : name + "/index.html"
                let path = site.appending(path: "documentation/gatehouse/" + page).path()
                #expect(FileManager.default.fileExists(atPath: path), "\(article)")
            }
        }
    }

    @Test("a link to an article that does not exist is an error")
    func brokenLink() throws {
        try Self.withFolder { folder in
            let (tools, catalog) = (folder.appending(path: ".ci"), folder.appending(path: "Sources/A/A.docc"))
            for made in [tools, catalog] {
                try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
            }
            let script = tools.appending(path: "make-docs")
            try FileManager.default.copyItem(at: Self.script, to: script)
            let page = "# Root\n\nWords.\n\n## Overview\n\nSee <doc:Missing>.\n"
            try page.write(to: catalog.appending(path: "AuthorizationServer.md"), atomically: true, encoding: .utf8)
            let site = folder.appending(path: "site")
            let made = try Self.make(script, into: site)
            #expect(made.status != 0 && made.output.contains("Missing"), "\(made.output)")
            #expect(!FileManager.default.fileExists(atPath: site.path()))
        }
    }
}
