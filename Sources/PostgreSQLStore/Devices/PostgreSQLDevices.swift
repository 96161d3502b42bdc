package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto

/// Device authorizations in a database (RFC 8628).
package struct PostgreSQLDevices: DeviceStore {
    let place: StorePlace

    private static let table = "devices"
    /// How long after its expiry a code is remembered, so that the device is informed that it has expired.
    private static let remembrance: Duration = .seconds(120)

    /// The store over a database.
    package init(_ place: StorePlace) {
        self.place = place
    }

    private var database: any SQLDatabase { place.database }

    package func begin(
        _ device: DeviceAuthorization,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<DeviceAdmission> {
        let max = place.limits.deviceAuthorizationsMax
        let codes: [SQLValue] = [.digest(device.deviceCode), .digest(device.userCode), .time(now)]
        let body = DeviceBody(clientID: device.clientID, scopes: device.scopes, resource: device.resource)
        let results = try await database.run([
            // A forgotten request that was not swept yet must not keep its user code.
            SQLCall(Self.forgetting, codes),
            SQLCall(
                Self.admission,
                codes + [
                    place.counts.known(.devices, max: max),
                    .count(max),
                    place.seal.client(device.clientID),
                    .time(device.expiry),
                    .time(device.expiry + Self.remembrance),
                    .duration(DeviceAuthorization.interval),
                    .bytes(try place.seal.seal(body, table: Self.table, identity: device.deviceCode.bytes)),
                ]
            ),
        ])
        guard let row = results.last?.first else { throw .unavailable }
        switch try row.text(0) {
        case "admitted":
            place.counts.noteAdded(.devices)
            return Receipt(.admitted)
        case "full": return Receipt(.full)
        default: return Receipt(.userCodeTaken)
        }
    }

    private static let forgetting = SQLStatement(
        "DELETE FROM devices WHERE (device_code = $1::bytea OR user_code = $2::bytea) AND expiry <= $3::bigint"
    )

    private static let admission = SQLStatement(
        """
        WITH room AS MATERIALIZED (
            SELECT \(CountedTable.devices.count(known: "$4", at: "$3")) < $5::bigint AS admitted
            FROM (SELECT $3::bigint) AS at (moment)
        ), added AS (
            INSERT INTO devices (device_code, user_code, client, redeemable_until, interval_ms, expiry, body)
            SELECT $1::bytea, $2::bytea, $6::bytea, $7::bigint, $9::bigint, $8::bigint, $10::bytea
            FROM room WHERE admitted
            ON CONFLICT DO NOTHING
            RETURNING device_code
        )
        SELECT CASE WHEN NOT admitted THEN 'full' WHEN EXISTS (SELECT 1 FROM added) THEN 'admitted' ELSE 'taken' END
        FROM room
        """
    )

    package func device(userCode: SHA256Digest, now: Timestamp) async throws(StoreError) -> DeviceAuthorization? {
        guard let row = try await database.run(Self.undecided, [.digest(userCode), .time(now)]).first else {
            return nil
        }
        let (deviceCode, sealed) = (try row.digest(0), try row.bytes(2))
        let body = try place.opener.open(DeviceBody.self, sealed, table: Self.table, identity: deviceCode.bytes)
        return DeviceAuthorization(
            deviceCode: deviceCode,
            userCode: userCode,
            clientID: body.clientID,
            scopes: body.scopes,
            resource: body.resource,
            expiry: try row.time(1)
        )
    }

    private static let undecided = SQLStatement(
        """
        SELECT device_code, redeemable_until, body FROM devices
        WHERE user_code = $1::bytea AND decision IS NULL AND redeemable_until > $2::bigint
        """
    )

    package func decide(
        _ deviceCode: SHA256Digest,
        _ decision: DeviceDecision,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<Bool> {
        let values: [SQLValue] =
            switch decision {
            case .approved(let code): [.integer(1), .digest(code)]
            case .denied: [.integer(2), .null]
            }
        let rows = try await database.run(Self.decision, [.digest(deviceCode), .time(now)] + values)
        return Receipt(!rows.isEmpty)
    }

    private static let decision = SQLStatement(
        """
        UPDATE devices SET decision = $3::bigint, login_code = $4::bytea
        WHERE device_code = $1::bytea AND decision IS NULL AND redeemable_until > $2::bigint
        RETURNING decision
        """
    )

    package func poll(
        _ deviceCode: SHA256Digest,
        clientID: String,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<DevicePoll> {
        let rows = try await database.run(
            Self.polling,
            [
                .digest(deviceCode), place.seal.client(clientID), .time(now),
                .duration(DeviceAuthorization.intervalStep),
            ]
        )
        guard let row = rows.first else { return Receipt(.unknown) }
        switch try row.text(0) {
        case "client": return Receipt(.wrongClient)
        case "expired": return Receipt(.expired)
        case "denied": return Receipt(.denied)
        case "fast": return Receipt(.tooFast)
        case "pending": return Receipt(.pending)
        default: break
        }
        let restoration = SQLCall(Self.restoration, [.digest(deviceCode)] + Array(row.values.dropFirst()))
        return Receipt(.approved(code: try row.digest(5)), reversal: { await place.reversals.run([restoration]) })
    }

    // A clock that is set back must not slow a device down for long.
    private static let polling = SQLStatement(
        """
        WITH held AS MATERIALIZED (
            SELECT * FROM devices WHERE device_code = $1::bytea AND expiry > $3::bigint FOR UPDATE
        ), judged AS MATERIALIZED (
            SELECT h.*, CASE
                WHEN h.client <> $2::bytea THEN 'client'
                WHEN h.redeemable_until <= $3::bigint THEN 'expired'
                WHEN h.decision = 1 THEN 'approved'
                WHEN h.decision = 2 THEN 'denied'
                WHEN h.polled_at <= $3::bigint AND $3::bigint - h.polled_at < h.interval_ms THEN 'fast'
                ELSE 'pending' END AS outcome
            FROM held h
        ), gone AS (
            DELETE FROM devices d USING judged j
            WHERE d.device_code = j.device_code AND j.outcome IN ('approved', 'denied')
        ), noted AS (
            UPDATE devices d SET polled_at = $3::bigint,
                interval_ms = j.interval_ms + CASE WHEN j.outcome = 'fast' THEN $4::bigint ELSE 0 END
            FROM judged j WHERE d.device_code = j.device_code AND j.outcome IN ('fast', 'pending')
        )
        SELECT outcome, user_code, client, redeemable_until, decision, login_code, interval_ms, polled_at, expiry, body
        FROM judged
        """
    )

    /// Puts back an approval whose tokens could not leave.
    private static let restoration = SQLStatement(
        """
        INSERT INTO devices (device_code, user_code, client, redeemable_until, decision, login_code, interval_ms,
            polled_at, expiry, body)
        VALUES ($1::bytea, $2::bytea, $3::bytea, $4::bigint, $5::bigint, $6::bytea, $7::bigint, $8::bigint, $9::bigint,
            $10::bytea)
        ON CONFLICT DO NOTHING
        """
    )
}

extension PostgreSQLDevices: SweptTables {
    func sweepCalls(now: Timestamp, limit: Int) -> [SQLCall] {
        [SQLCall(Self.sweep, [.time(now), .count(limit)])]
    }

    private static let sweep = SQLStatement.dropping(from: "devices", key: "device_code")
}

/// What a device asked for, sealed.
private struct DeviceBody: RecordCodable {
    let clientID: String
    let scopes: ScopeSet
    let resource: String

    init(clientID: String, scopes: ScopeSet, resource: String) {
        self.clientID = clientID
        self.scopes = scopes
        self.resource = resource
    }

    func write(to writer: inout BinaryWriter) {
        writer.write(clientID)
        writer.write(scopes)
        writer.write(resource)
    }

    init(from reader: inout BinaryReader) throws(RecordError) {
        clientID = try reader.string()
        scopes = try reader.scopes()
        resource = try reader.string()
    }
}
