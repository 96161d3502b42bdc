import AuthorizationServerTesting

/// Requests as bytes.
enum RequestText {
    static func get(_ path: String, fields: String = "") -> [UInt8] {
        Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\(fields)\r\n".utf8)
    }

    static func post(
        _ path: String,
        _ body: String,
        type: String = "application/x-www-form-urlencoded",
        fields: String = ""
    ) -> [UInt8] {
        Array(
            """
            POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: \(type)\r
            \(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)
            """.utf8
        )
    }

    static func basic(_ credentials: (id: String, secret: String)) -> String {
        "Authorization: \(OAuthTestClient.basic(credentials.id, credentials.secret))\r\n"
    }
}

/// A form whose last value changes from request to request: made by copying bytes, not by formatting text.
struct FormTemplate {
    private let head: [UInt8]
    private let form: [UInt8]

    /// A form for a path, up to the last value.
    init(_ path: String, _ form: String, fields: String = "") {
        self.form = Array(form.utf8)
        head = Array(
            """
            POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r
            \(fields)Content-Length: 
            """.utf8
        )
    }

    /// The request with this value, which needs no encoding.
    func request(_ value: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(head.count + 16 + form.count + value.count)
        bytes += head
        bytes += String(form.count + value.count).utf8
        bytes += [13, 10, 13, 10]
        bytes += form
        bytes += value
        return bytes
    }
}
