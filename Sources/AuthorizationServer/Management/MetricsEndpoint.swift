import HTTPTypes
import OAuthState
import SocketHTTP

/// The metrics in the Prometheus text format; gauges are read at the scrape.
struct MetricsEndpoint: Endpoint {
    let registry: PrometheusRegistry
    let gauges: ServerGauges

    var surfaces: [Surface] { [Surface(.get, "/metrics", base: .host, name: "metrics")] }

    func respond(to request: Request, context: RequestContext) async -> Response {
        await gauges.update()
        return Response(
            status: .ok,
            headerFields: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
            body: Array(registry.text().utf8)
        )
    }
}

/// The sizes of all tables and the engine's counters: each bound of the stores has its metric here.
struct ServerGauges: Sendable {
    let upkeep: any StoreUpkeep
    let counters: ServerCountersSource
    let tables: Tables
    let droppedLogLineCount: @Sendable () -> Int
    let tracer: Tracer?
    let instruments: Instruments

    /// Bounded tables that are not in the stores.
    struct Tables: Sendable {
        let limiter: SourceLimiter
        let guesses: GuessLimiter
        let seenTokens: SeenAccessTokens
        let recentProofs: RecentProofs
        let clientKeySets: RemoteKeySets
    }

    func update() async {
        let metrics = instruments.metrics
        metrics.gauge("gatehouse_seen_access_tokens", tables.seenTokens.count)
        metrics.gauge("gatehouse_dpop_proofs", tables.recentProofs.count)
        metrics.gauge("gatehouse_client_key_sets", tables.clientKeySets.count)
        metrics.gauge("gatehouse_nodes", upkeep.nodeCount)
        metrics.gauge("gatehouse_limited_sources", await tables.limiter.count)
        metrics.gauge("gatehouse_guessed_secrets", tables.guesses.count)
        metrics.total("gatehouse_audit_events_dropped_total", instruments.audit.droppedCount)
        metrics.total("gatehouse_log_lines_dropped_total", droppedLogLineCount())
        if let tracer {
            metrics.total("gatehouse_trace_spans_exported_total", tracer.exportedCount)
            metrics.total("gatehouse_trace_spans_dropped_total", tracer.droppedCount)
        }
        // A failing store leaves its gauges unchanged; readiness reports the failure.
        if let counts = try? await upkeep.counts() { update(counts) }
        guard let counters = counters.current else { return }
        metrics.gauge("gatehouse_http_open_connections", counters.openConnections)
        metrics.gauge("gatehouse_http_held_request_bytes", counters.heldRequestBytes)
        metrics.total("gatehouse_http_accepted_connections", counters.acceptedConnections)
        metrics.total("gatehouse_http_refused_connections", counters.refusedConnections)
        metrics.total("gatehouse_http_connections_refused_by_network", counters.connectionsRefusedByNetwork)
        metrics.total("gatehouse_http_malformed_requests", counters.rejectedRequests.values.reduce(0, +))
        metrics.total("gatehouse_http_failed_handshakes", counters.failedHandshakes)
        metrics.total("gatehouse_http_received_bytes", counters.bytesReceived)
        metrics.total("gatehouse_http_sent_bytes", counters.bytesSent)
    }

    private func update(_ counts: StoreCounts) {
        let metrics = instruments.metrics
        metrics.gauge("gatehouse_pending_authorizations", counts.pendingAuthorizations)
        metrics.gauge("gatehouse_authorization_codes", counts.authorizationCodes)
        metrics.gauge("gatehouse_sessions", counts.sessions)
        metrics.gauge("gatehouse_consents", counts.consents)
        metrics.gauge("gatehouse_revoked_access_tokens", counts.revokedAccessTokens)
        metrics.gauge("gatehouse_users", counts.users)
        metrics.gauge("gatehouse_connections", counts.connections)
        metrics.gauge("gatehouse_clients", counts.clients)
        metrics.gauge("gatehouse_consumed_assertions", counts.consumedAssertions)
        metrics.gauge("gatehouse_device_authorizations", counts.deviceAuthorizations)
        metrics.gauge("gatehouse_session_endings", counts.endings)
        metrics.gauge("gatehouse_event_streams", counts.eventStreams)
    }
}
