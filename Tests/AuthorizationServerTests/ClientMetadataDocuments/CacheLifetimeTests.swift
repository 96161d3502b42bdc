import AuthorizationServer
import OAuthProtocol
import OutboundHTTP
import Testing

@Suite("RFC 9111 §4.2: how long a metadata document is used (CM-5)")
struct CacheLifetimeTests {
    static let now = Timestamp(secondsSinceEpoch: 1_795_420_800)  // Mon, 23 Nov 2026 08:00:00 GMT

    @Test(
        "CM-5: the host's word, between a minute and a day",
        arguments: [
            ([("Cache-Control", "max-age=600")], 600),
            ([("cache-control", "public, max-age=600")], 600),
            ([("Cache-Control", "max-age=5")], 60),
            ([("Cache-Control", "max-age=0")], 60),
            ([("Cache-Control", "no-store")], 60),
            ([("Cache-Control", "no-cache, max-age=600")], 60),
            ([("Cache-Control", "max-age=31536000")], 86_400),
            ([("Cache-Control", "max-age=99999999999999999999")], 86_400),
            ([("Cache-Control", "max-age=-1")], 60),
            ([("Cache-Control", "max-age=soon")], 60),
            ([("Cache-Control", "max-age=\"600\"")], 600),
            ([("Cache-Control", "max-age=60, s-maxage=900")], 900),
            ([("Cache-Control", "max-age=600"), ("Age", "200")], 400),
            ([("Cache-Control", "max-age=600"), ("Age", "-900")], 600),
            ([("Cache-Control", "max-age=600"), ("Expires", "0")], 600),
            ([("Expires", "Mon, 23 Nov 2026 09:00:00 GMT")], 3600),
            ([("Expires", "Mon, 23 Nov 2026 09:00:00 GMT"), ("Date", "Mon, 23 Nov 2026 08:59:00 GMT")], 60),
            ([("Expires", "0")], 60),
            ([("Expires", "Monday")], 60),
            ([], 300),
        ] as [([(String, String)], Int)]
    )
    func lifetime(_ fields: [(String, String)], _ seconds: Int) {
        let response = OutboundResponse(status: 200, headerFields: fields.map { (name: $0.0, value: $0.1) })
        #expect(CacheLifetime.lifetime(of: response, now: Self.now) == .seconds(seconds))
    }
}
