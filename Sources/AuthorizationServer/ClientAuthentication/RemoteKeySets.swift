import Foundations
package import Logging
package import OAuthProtocol
package import OutboundHTTP
import ServerConfiguration
import SocketHTTP
import Synchronization

/// RFC 7517 §5: key sets of clients at their `jwks_uri`, fetched when first needed and when a signature names an
/// unknown key (CA-5, D-88).
///
/// The URL is untrusted: every fetch obeys the address policy, is bounded in size and time, follows no redirect, and
/// serves all waiting callers. The number of requests to one URL and to one host, and by one source, is limited.
package final class RemoteKeySets: Sendable {
    private struct Entry {
        var keys: JSONWebKeySet?
        var fetchedAt: Timestamp?
        var attemptedAt: Timestamp?
    }

    /// A stranger's client at an operator's client's URL must not decide what is accepted from there.
    private struct Place: Hashable {
        let url: String
        let origin: JSONWebKeySet.Origin
    }

    private enum Step {
        case answer(JSONWebKeySet?)
        case fetch(fallback: JSONWebKeySet?, isRenewal: Bool)
    }

    private let transport: any OutboundTransport
    private let addressPolicy: AddressPolicy
    private let limiter: SourceLimiter
    private let limits: DocumentFetchLimits
    private let timeSource: any TimeSource
    private let flight: SingleFlight<Place, JSONWebKeySet?>
    private let logger: Logger
    private let entries = Mutex<[Place: Entry]>([:])
    private let allowance: Mutex<FetchAllowance>

    /// How long keys are used without another request.
    static let freshness: Duration = .seconds(900)
    /// How long keys are used while their host is unavailable.
    static let staleness: Duration = .seconds(86_400)
    /// The shortest interval between two requests to one URL: made-up key ids must not make this server flood it.
    static let attemptInterval: Duration = .seconds(30)
    /// The most URLs that are remembered; at the bound the least recently requested one is evicted.
    static let entriesMax = 1024
    /// The longest key set, in bytes.
    static let byteCountMax = 65_536
    /// How often one host is asked to renew known key sets: made-up URLs there must not prevent the renewal of its real
    /// clients' keys.
    static let renewalsPerHost = Configuration.Rate(burst: 60, perMinute: 120)

    /// Key sets from addresses that `addressPolicy` allows.
    package init(
        transport: any OutboundTransport,
        addressPolicy: AddressPolicy,
        limiter: SourceLimiter,
        limits: DocumentFetchLimits = DocumentFetchLimits(),
        timeSource: any TimeSource,
        work: BackgroundWork,
        logger: Logger
    ) {
        self.transport = transport
        self.addressPolicy = addressPolicy
        self.limiter = limiter
        self.limits = limits
        self.timeSource = timeSource
        flight = SingleFlight { operation in work.start(.isCancelled, operation) }
        self.logger = logger
        allowance = Mutex(FetchAllowance(limits, renewals: Self.renewalsPerHost))
    }

    /// The key set at a URL, or `nil` when it is unavailable.
    ///
    /// - Parameters:
    ///   - url: Where it is published.
    ///   - origin: Whose set it is.
    ///   - context: The request's time and source.
    /// - Returns: The keys.
    package func keySet(
        at url: String,
        from origin: JSONWebKeySet.Origin = .configured,
        context: RequestContext
    ) async -> JSONWebKeySet? {
        await take(Place(url: url, origin: origin), context) { entry, now in
            guard let fetchedAt = entry.fetchedAt, Self.isWithin(Self.staleness, since: fetchedAt, now) else {
                return Self.mayAttempt(entry, now) ? .fetch(fallback: nil, isRenewal: entry.keys != nil) : .answer(nil)
            }
            if Self.isWithin(Self.freshness, since: fetchedAt, now) || !Self.mayAttempt(entry, now) {
                return .answer(entry.keys)
            }
            return .fetch(fallback: entry.keys, isRenewal: true)
        }
    }

    /// The key set after another fetch; `nil` when it was requested very recently, or is unavailable.
    package func renewedKeySet(
        at url: String,
        from origin: JSONWebKeySet.Origin = .configured,
        context: RequestContext
    ) async -> JSONWebKeySet? {
        await take(Place(url: url, origin: origin), context) { entry, now in
            Self.mayAttempt(entry, now) ? .fetch(fallback: nil, isRenewal: entry.keys != nil) : .answer(nil)
        }
    }

    /// How many URLs are remembered, for metrics.
    package var count: Int {
        entries.withLock { $0.count }
    }

    // MARK: - Deciding

    private func take(
        _ place: Place,
        _ context: RequestContext,
        _ decide: (Entry, Timestamp) -> Step
    ) async -> JSONWebKeySet? {
        let now = context.now
        if let task = flight.task(for: place) { return await task.value }
        switch decide(entries.withLock { $0[place] } ?? Entry(), now) {
        case .answer(let keys): return keys
        case .fetch(let fallback, let isRenewal):
            if !Self.isLoopback(place.url) || limits.limitsLoopbackSources,
                await limiter.spend(.metadataFetch, source: context.source, now: now) != nil
            {
                return fallback
            }
            guard case .admitted(let charge) = admission(place.url, context, isRenewal: isRenewal) else {
                return fallback
            }
            return await fetchShared(place, context, charge)?.value ?? fallback
        }
    }

    // D-90: clients registered with URLs on a victim's host must not make this server flood it, from however many
    // sources.
    private func admission(_ url: String, _ context: RequestContext, isRenewal: Bool) -> FetchAllowance.Admission {
        guard let host = URIReference(url)?.host?.lowercased() else { return .refused }
        return allowance.withLock { allowance in
            allowance.admit(
                host,
                isLoopback: Self.isLoopback(url),
                source: context.source,
                isKnown: isRenewal,
                now: context.now
            )
        }
    }

    private static func isLoopback(_ url: String) -> Bool {
        URIReference(url)?.isLoopbackHost ?? false
    }

    private static func mayAttempt(_ entry: Entry, _ now: Timestamp) -> Bool {
        entry.attemptedAt.map { !isWithin(attemptInterval, since: $0, now) } ?? true
    }

    /// A clock that is set back makes everything old, never young for long.
    private static func isWithin(_ duration: Duration, since start: Timestamp, _ now: Timestamp) -> Bool {
        start <= now && now - start < duration
    }

    // MARK: - Fetching

    private func fetchShared(
        _ place: Place,
        _ context: RequestContext,
        _ charge: FetchAllowance.Charge?
    ) -> Task<JSONWebKeySet?, Never>? {
        // The transport bounds its duration.
        flight.task(for: place) { [self] in
            entries.withLock { table in
                makeRoom(in: &table, for: place)
                table[place, default: Entry()].attemptedAt = context.now
            }
            let keys = await fetch(place, context.source)
            if keys != nil { allowance.withLock { $0.succeeded(charge) } }
            finish(place, keys)
            return keys
        }
    }

    private func makeRoom(in table: inout [Place: Entry], for place: Place) {
        guard table[place] == nil, table.count >= Self.entriesMax else { return }
        let oldest = table.min { first, second in
            guard let firstAttempt = first.value.attemptedAt else { return true }
            guard let secondAttempt = second.value.attemptedAt else { return false }
            return firstAttempt < secondAttempt
        }
        if let oldest { table.removeValue(forKey: oldest.key) }
    }

    private func finish(_ place: Place, _ keys: JSONWebKeySet?) {
        let now = timeSource.now()
        entries.withLock { table in
            // The entry may have been evicted in the meantime; then nothing is stored.
            guard var entry = table[place] else { return }
            if let keys {
                entry.keys = keys
                entry.fetchedAt = now
            }
            table[place] = entry
        }
    }

    private func fetch(_ place: Place, _ source: IPAddress) async -> JSONWebKeySet? {
        let request = OutboundRequest(
            url: place.url,
            headerFields: [("accept", "application/jwk-set+json, application/json")],
            limits: .init(
                responseBytesMax: Self.byteCountMax,
                requestsPerHostMax: limits.simultaneousPerHost(isLoopback: Self.isLoopback(place.url))
            ),
            addressPolicy: addressPolicy,
            source: source.site.description
        )
        do {
            let response = try await transport.send(request)
            guard response.status == 200 else { return refuse(request, "status \(response.status)") }
            return try JSONWebKeySet(parsing: response.body, from: place.origin)
        } catch let error as JOSEError {
            return refuse(request, error.description)
        } catch {
            return refuse(request, "\(error)")
        }
    }

    private func refuse(_ request: OutboundRequest, _ reason: String) -> JSONWebKeySet? {
        logger.notice(
            "a client's key set is unusable",
            metadata: ["request": "\(request)", "reason": "\(reason)"]
        )
        return nil
    }
}
