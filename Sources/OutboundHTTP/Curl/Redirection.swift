internal import CCurl
import Foundations

/// RFC 9110 §15.4: follows redirects, one request at a time and each under every rule of the first.
enum Redirection {
    /// The request that a response asks for, or nil when the response is to be returned as it is.
    ///
    /// Only GET and HEAD are followed: a redirect must not have a body, or a code in it, sent elsewhere.
    static func following(
        _ response: OutboundResponse,
        to request: OutboundRequest
    ) throws(OutboundError) -> OutboundRequest? {
        let locations = response.values(of: "Location")
        guard request.maximumRedirects > 0, [301, 302, 303, 307, 308].contains(response.status),
            request.method == "GET" || request.method == "HEAD", let location = locations.first
        else { return nil }
        guard locations.count == 1, let url = resolve(location, against: request.url) else {
            throw OutboundError(.protocolError, "redirect without a usable location")
        }
        var next = request
        next.url = url
        next.maximumRedirects -= 1
        let (from, to) = (try OutboundURL(request.url), try OutboundURL(url))
        guard to.isHTTPS || !from.isHTTPS else { throw OutboundError(.invalidURL, "redirect from https to http") }
        if to != from {
            // RFC 9110 §15.4: credentials were meant for the first origin only.
            next.headerFields.removeAll { ["authorization", "cookie"].contains($0.name.lowercasedASCII) }
        }
        return next
    }

    /// RFC 3986 §5: resolved by the parser that connects to it.
    private static func resolve(_ location: String, against base: String) -> String? {
        guard location.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), let url = unsafe curl_url() else { return nil }
        defer { unsafe curl_url_cleanup(url) }
        var text: UnsafeMutablePointer<CChar>?
        guard unsafe curl_url_set(url, CURLUPART_URL, base, 0) == CURLUE_OK,
            unsafe curl_url_set(url, CURLUPART_URL, location, 0) == CURLUE_OK,
            unsafe curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK, let found = unsafe text
        else { return nil }
        defer { unsafe curl_free(found) }
        return unsafe String(cString: found)
    }
}
