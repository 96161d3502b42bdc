import AuthorizationServer
import AuthorizationServerTesting
import DurableLog
import OAuthClientKit
import ServerConfiguration
import Synchronization
import Testing

@Suite("A login is on record as granted only after the last step that can fail")
struct GrantedRecordTests {
    /// A journal whose disk fails at consents that are to be remembered.
    private final class Journal: ChangeJournal {
        private let kinds = Mutex<[UInt8]>([])
        /// The kind of a record that remembers a consent.
        private static let putConsent: UInt8 = 0x27

        func append(_ record: [UInt8]) -> JournalPosition {
            kinds.withLock { kinds in
                kinds.append(record.first ?? 0)
                return JournalPosition(sequenceNumber: UInt64(kinds.count))
            }
        }

        func waitUntilDurable(_ position: JournalPosition) async throws(JournalError) {
            guard position.sequenceNumber > 0 else { return }
            let kind = kinds.withLock { $0[Int(position.sequenceNumber) - 1] }
            if kind == Self.putConsent { throw .unavailable }
        }

        var lastPosition: JournalPosition { JournalPosition(sequenceNumber: UInt64(kinds.withLock(\.count))) }
        let isAvailable = true
    }

    @Test("a consent that cannot be stored: the client gets an error, and neither trail nor metric reports a code")
    func failsAtTheEnd() async throws {
        try await BrowserScene.run(
            configure: { $0.consent = .remember },
            environment: { $0.journal = Journal() }
        ) { scene async throws in
            let answer = try await scene.authorize()
            #expect(answer["code"] == nil)
            #expect(answer["error"] == "temporarily_unavailable")
            #expect(!scene.server.auditLog.all.contains { $0.contains("authorization.granted") })
            #expect(try await scene.metrics()[#"gatehouse_authorizations_total{result="code"}"#] == nil)
        }
    }
}
