import DurableLog
import FoundationEssentials
import ServerConfiguration

/// Reads the files that a configuration names.
package struct HostFiles {
    /// Why a file is unusable, as a message states it after the file's name.
    package struct Refusal: Error {
        /// Such as "does not exist".
        package let reason: String
    }

    /// The files of this machine.
    package init() {}

    /// The longest file that is read: a configuration or a secret is far shorter, and a device has no end.
    static let byteCountMax = 1 << 20

    /// The text of a file.
    package func text(_ path: String) throws(Refusal) -> String {
        let bytes = try bytes(path)
        // Some editors begin a file with a byte order mark, which is no part of a secret.
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let content = bytes.starts(with: mark) ? bytes[mark.count...] : bytes[...]
        guard let text = String(validating: content, as: UTF8.self) else { throw Refusal(reason: "is not UTF-8 text") }
        return text
    }

    /// The bytes of a file.
    package func bytes(_ path: String) throws(Refusal) -> [UInt8] {
        let file: InputFile
        do {
            file = try InputFile(path: path)
        } catch {
            throw Refusal(reason: error.isMissing ? "does not exist" : "is not readable")
        }
        let bytes: [UInt8]
        do {
            bytes = try file.read(Self.byteCountMax + 1)
        } catch {
            throw Refusal(reason: "is not a regular file")
        }
        guard bytes.count <= Self.byteCountMax else { throw Refusal(reason: "is longer than 1 MiB") }
        return bytes
    }

    /// Checks that a file can be read.
    func check(_ path: String) throws(Refusal) {
        _ = try bytes(path)
    }

    /// Warns of a secret in a file that every user of the machine can read.
    func readableSecretWarning(file path: String, key: String) -> ConfigurationWarning? {
        // A file that cannot be examined cannot be read either, which is reported as an error.
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        )
        guard let mode = attributes?[.posixPermissions] as? Int, mode & 0o004 != 0 else { return nil }
        let digits = String(mode & 0o777, radix: 8)
        return ConfigurationWarning(
            path: key,
            message: "every user of this machine can read the secret in \(path) (mode 0\(digits)); use chmod 0400"
        )
    }
}
