import BenchmarkSupport
import Foundation
import OAuthProtocol
import OAuthState

/// How many back-channel logouts, of one account each, the stores take in a second (OpenID Connect Back-Channel Logout
/// 1.0), and how long refreshes take beside them.
enum LogoutScale {
    static func measure(
        _ stores: MemoryStores,
        _ count: Int,
        into report: inout ScaleReport,
        duration: Duration
    ) async throws {
        let end = ContinuousClock.now + duration
        async let logouts = logOut(stores, count, until: end)
        let refreshes = try await refreshTimes(stores, count, until: end)
        let perSecond = try await Double(logouts) / (duration / .seconds(1))
        report.add("logout_rate", "back-channel logouts", count: count, perSecond, "/s")
        let p99 = refreshes.sorted()[refreshes.count * 99 / 100]
        report.add("logout_refresh_p99", "99th percentile of refreshes beside logouts", count: count, p99)
    }

    /// Ends the sessions of one account after the other, and puts them back as recovery does: their number stays.
    private static func logOut(
        _ stores: MemoryStores,
        _ count: Int,
        until end: ContinuousClock.Instant
    ) async throws -> Int {
        var number = 0
        while ContinuousClock.now < end {
            number += 1
            let account = "account-\(number &* 7_368_787 % count)"
            let connections = await stores.vault.connections(ofAccount: account, at: Population.upstream)
            guard let userID = connections.first?.userID else { throw BenchmarkError("a connection is missing") }
            let sessions = await stores.sessions.sessions(of: userID, now: Population.now)
            let ending = SessionEnding(sessions: Set(sessions.map(\.id)), connections: Set(connections.map(\.id)))
            guard try await stores.sessions.end(ending).outcome == sessions.count, !sessions.isEmpty else {
                throw BenchmarkError("a session was not ended")
            }
            await stores.sessions.load(sessions)
        }
        return number
    }

    /// Nanoseconds of each refresh.
    private static func refreshTimes(
        _ stores: MemoryStores,
        _ count: Int,
        until end: ContinuousClock.Instant
    ) async throws -> [Double] {
        var times: [Double] = []
        while ContinuousClock.now < end || times.isEmpty {
            let use = RefreshTokenUse(
                family: Population.sessionID(times.count &* 104_729 % count),
                generation: 1,
                clientID: Population.clientID,
                rotates: false
            )
            let start = ContinuousClock.now
            // A session that is logged out just then is refused, in the same time.
            _ = try await stores.sessions.rotate(use, under: Population.conditions, now: Population.now).outcome
            times.append((ContinuousClock.now - start) / .nanoseconds(1))
        }
        return times
    }
}
