import ArgumentParser
import DurableLog

/// `gatehouse snapshot verify`: reads everything, as a start would, or one backup file.
struct SnapshotVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read every snapshot and the complete journal; exits with 1 if anything is damaged.",
        discussion: """
            Reports what a start would find. With the path of a backup, reads that file instead. Beside a running server \
            the newest records may look like a torn end, because they are being written.
            """
    )

    @Argument(help: "A backup file to read instead of the storage directory.")
    var backup: String?

    @OptionGroup var storage: StorageArguments

    func run() throws {
        try storage.withStorage { storage in
            if let backup {
                let description = try StorageInspection.verifyBackup(
                    StorageArguments.resolvingLinks(backup),
                    key: storage.key
                )
                return Console.write("\(backup) is whole: \(description.summary)")
            }
            let verification = try storage.inspection().verify()
            for entry in verification.snapshots { Console.write(entry.line) }
            switch verification.recovery {
            case .success(let report): write(report, of: storage.directory)
            case .failure(let error): Console.write("a start would be refused: \(error)")
            }
            guard verification.isWhole else { throw ExitCode.failure }
            Console.write("no damage found")
        }
    }

    private func write(_ report: RecoveryReport, of directory: String) {
        if report.isNew { return Console.write("\(directory) contains no data") }
        let source = report.snapshot.map { "\($0.file) and " } ?? ""
        let last = report.lastPosition.sequenceNumber
        Console.write("a start would read \(source)\(report.recordCount) records of the journal, up to record \(last)")
        if let torn = report.tornTail {
            Console.write(
                "\(torn.file) ends within a record at offset \(torn.offset), as a crash leaves it; nothing is lost"
            )
        }
        for damage in report.toleratedDamage {
            Console.write(
                "damaged, but a start does not need it: \(damage.file) at offset \(damage.offset): \(damage.detail)"
            )
        }
    }
}
