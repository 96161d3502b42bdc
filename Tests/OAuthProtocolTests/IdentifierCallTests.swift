import OAuthProtocol
import Testing

/// Identifiers among the arguments of asynchronous calls.
///
/// With a 128-bit integer inside, the compiler of Swift 6.3 (x86-64, without optimization) makes these calls return to
/// a wrong address: all but `textOptionalPartPart` crash the process.
@Suite("Identifiers: passed among many arguments over an actor's turn")
struct IdentifierCallTests {
    private actor Place {
        private(set) var count = 0

        func find(_ id: SessionID) -> SessionID? {
            count += 1
            return id
        }

        func end(_ id: SessionID) throws(RefusedCall) -> SessionID? {
            count += 1
            return id
        }
    }

    private struct RefusedCall: Error {}

    private struct Part: Sendable {
        var name = "a text that does not fit into a string's own words"
        var fields: [String: String] = [:]
        var count: Int?
    }

    private struct Answer: Sendable, Equatable {
        var status: Int
        var id: SessionID?
        var fields: [String] = []
        var body: [UInt8]?
    }

    /// As the endpoint of a form: values of many words around the identifier, one turn after the other, typed errors.
    private struct Form: Sendable {
        let first = Part()
        let second = Part()
        let place = Place()

        func act(_ step: Int, _ id: SessionID, _ first: Part, _ second: Part) async throws(RefusedCall) -> Answer {
            switch step {
            case 0: return try await textTextID(first.name, second.name, id)
            case 1: return try await textPartID(first.name, first, id)
            case 2: return try await textIDPart(first.name, id, second)
            case 3: return try await optionalID(id, id)
            case 4: return try await textOptionalPartPart(first.name, id, first, second)
            default: return try await partIDID(first, id, id)
            }
        }

        private func textTextID(_: String, _: String, _ id: SessionID) async throws(RefusedCall) -> Answer {
            try await answer(await place.find(id))
        }

        private func textPartID(_ text: String, _ part: Part, _ id: SessionID) async throws(RefusedCall) -> Answer {
            guard let found = await place.find(id), found == id else { return Answer(status: 404) }
            guard let ended = try await place.end(found) else { return Answer(status: 410) }
            return Answer(status: 200, id: ended)
        }

        private func textIDPart(_ text: String, _ id: SessionID, _ part: Part) async throws(RefusedCall) -> Answer {
            guard let found = await place.find(id), found == id else { return Answer(status: 404) }
            guard let ended = try await place.end(found) else { return Answer(status: 410) }
            return Answer(status: 200, id: ended)
        }

        private func optionalID(_ known: SessionID?, _ id: SessionID) async throws(RefusedCall) -> Answer {
            guard let found = await place.find(id), found == known else { return Answer(status: 404) }
            guard let ended = try await place.end(found) else { return Answer(status: 410) }
            return Answer(status: 200, id: ended)
        }

        private func textOptionalPartPart(
            _ text: String,
            _ known: SessionID?,
            _ first: Part,
            _ second: Part
        ) async throws(RefusedCall) -> Answer {
            guard let known, await place.find(known) == known else { return Answer(status: 404) }
            guard let ended = try await place.end(known) else { return Answer(status: 410) }
            return Answer(status: 200, id: ended)
        }

        private func partIDID(_ part: Part, _ one: SessionID, _ other: SessionID) async throws(RefusedCall) -> Answer {
            guard let found = await place.find(one), found == other else { return Answer(status: 404) }
            guard let ended = try await place.end(other) else { return Answer(status: 410) }
            return Answer(status: 200, id: ended)
        }

        private func answer(_ found: SessionID?) async throws(RefusedCall) -> Answer {
            guard let found, let ended = try await place.end(found) else { return Answer(status: 410) }
            return Answer(status: 200, id: ended)
        }
    }

    @Test("every shape of call brings the identifier there and comes back", arguments: 0..<6)
    func shapes(step: Int) async throws {
        let id = SessionID(value: Bits128(high: 0x0102_0304_0506_0708, low: 0x1112_1314_1516_1718))
        let form = Form()
        let answer = try await form.act(step, id, form.first, form.second)
        #expect(answer == Answer(status: 200, id: id))
        #expect(await form.place.count == 2)
    }

    @Test("two words: nothing of an identifier needs more than a word's alignment")
    func layout() {
        #expect(MemoryLayout<SessionID>.size == 16)
        #expect(MemoryLayout<SessionID>.alignment == MemoryLayout<UInt64>.alignment)
    }
}
