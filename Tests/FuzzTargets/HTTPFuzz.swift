import SocketHTTP

enum HTTPFuzz {
    /// RFC 9112: however the bytes are cut, the messages and their ends are the same (request smuggling).
    static func request(_ bytes: [UInt8]) -> String? {
        let whole = outcomes(bytes, cut: bytes.count)
        for cut in [1, 2, 7] where outcomes(bytes, cut: cut) != whole {
            return "pieces of \(cut) read as other messages"
        }
        return nil
    }

    private static func outcomes(_ bytes: [UInt8], cut: Int) -> [String] {
        var parser = RequestParser()
        var found: [String] = []
        var start = 0
        while start < bytes.count {
            let end = min(start + max(cut, 1), bytes.count)
            parser.append(Array(bytes[start..<end]).span)
            start = end
            reading: while true {
                switch parser.next() {
                case .request(let request): found.append(text(request))
                case .needMore: break reading
                case .reject(let rejection): return found + ["\(rejection)"]
                }
            }
        }
        return found
    }

    private static func text(_ request: ParsedRequest) -> String {
        let values = ["host", "cookie", "content-type", "authorization"].map { request.fields.values(of: $0) }
        return
            "\(request.method) \(request.path)?\(request.query ?? "-") \(values) \(request.body) \(request.keepsAlive)"
    }
}
