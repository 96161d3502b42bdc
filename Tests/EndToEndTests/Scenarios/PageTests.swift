import Foundation
import Testing

extension EndToEndTests {
    /// Every page, in every language, as a browser shows it and as axe-core judges it.
    @Suite("The pages in five languages")
    struct PageTests {
        @Test(
            "each is readable on a phone and on a desk, in light and dark, built as the English one, and reached by keyboard"
        )
        func languages() async throws {
            let tour = try await VirtualEnvironment.browser.run(
                "browser_pages.py",
                ["--gatehouse", GatehouseBinary.url().path()],
                // A browser starts slowly where everything else runs too.
                within: .seconds(600),
                as: Tour.self
            )
            #expect(tour.faults == [])
            #expect(tour.differences == [])
            #expect(tour.complaints == [])
            #expect(tour.foreign_requests == [])
            #expect(tour.pages.count == 19 && tour.looks == 5 * tour.pages.count)
        }
    }
}

/// What `browser_pages.py` prints.
private struct Tour: Decodable, Sendable {
    let pages: [String]
    /// Pages that were looked at, in all languages.
    let looks: Int
    /// What is wrong with the looks of a page, by our own measures and by axe-core's rules.
    let faults: [String]
    /// How a page of another language is built differently from the English one.
    let differences: [String]
    /// What the browser's console said.
    let complaints: [String]
    /// What our pages loaded from elsewhere.
    let foreign_requests: [String]
}
