import Foundation
import HTTPTypes
import SocketHTTP

/// What a parser made of one stream: the complete requests, and how it ended.
struct ReadStream: Decodable {
    struct Message: Decodable, Equatable {
        var method: String
        var target: String
        /// In hexadecimal.
        var body: String
    }

    enum End: String, Decodable {
        /// More bytes may follow.
        case waiting
        /// What follows the messages is refused.
        case refused
        /// The last message ends the connection.
        case closed
    }

    var messages: [Message] = []
    var end = End.waiting

    /// Reads a stream with our parser.
    static func ours(_ bytes: [UInt8]) -> ReadStream {
        var read = ReadStream()
        var parser = RequestParser()
        parser.append(bytes.span)
        while true {
            switch parser.next() {
            case .request(let request):
                read.messages.append(
                    Message(
                        method: request.method.rawValue,
                        target: request.path + (request.query.map { "?" + $0 } ?? ""),
                        body: hexadecimal(request.body)
                    )
                )
                guard request.keepsAlive else {
                    read.end = .closed
                    return read
                }
            case .needMore: return read
            case .reject:
                read.end = .refused
                return read
            }
        }
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// How our reading is more dangerous than those of others; `nil` if it is not.
    ///
    /// It matters only with `countsRefusals` that all others refuse what we accept.
    func danger(beside others: [String: ReadStream], countsRefusals: Bool = true) -> String? {
        for (number, message) in messages.enumerated() {
            var refusalCount = 0
            for (name, other) in others.sorted(by: { $0.key < $1.key }) {
                guard number < other.messages.count else {
                    if other.end == .waiting {
                        return "message \(number) is complete, and \(name) waits for more of it"
                    }
                    if other.end == .refused { refusalCount += 1 }
                    continue
                }
                let theirs = other.messages[number]
                if message.body != theirs.body { return "message \(number) has another body for \(name)" }
                if message.method != theirs.method { return "message \(number) has another method for \(name)" }
                // The absolute form has the same path without its authority.
                if message.target != theirs.target, theirs.target.hasPrefix("/") {
                    return "message \(number) has another target for \(name)"
                }
            }
            if countsRefusals, refusalCount == others.count {
                return "message \(number) is accepted, and all others refuse it"
            }
        }
        guard end == .waiting else { return nil }
        for (name, other) in others.sorted(by: { $0.key < $1.key }) where other.messages.count > messages.count {
            return "message \(messages.count) is complete for \(name), and we wait for more of it"
        }
        return nil
    }
}
