extension JapaneseText {
    /// Requests of applications that are refused.
    static let requests = """
        malformedTitle = この要求は形式が正しくありません
        malformedText = アプリケーションが読み取れない要求を送信しました。
        duplicateTitle = 要求があいまいです
        duplicateText = アプリケーションがパラメーター <code>{name}</code> を 2 回送信しました。
        missingClientTitle = 要求にアプリケーションの指定がありません
        missingClientText = パラメーター <code>client_id</code> がありません。
        unknownClientTitle = このアプリケーションはここに登録されていません
        unknownClientText = このサーバーはその登録を知らないか、削除しました。
        unknownClientRemedy = アプリケーションで接続を削除し、もう一度追加してください。再び登録されます。
        missingRedirectTitle = 要求に戻り先のアドレスがありません
        missingRedirectText = パラメーター <code>redirect_uri</code> がありません。
        unregisteredRedirectTitle = 戻り先のアドレスが登録されていません
        unregisteredRedirectText = アプリケーションが、登録していないアドレスに戻るよう要求しました。そこには何も送信していません。
        unregisteredRedirectRemedy = アプリケーションで接続を削除し、もう一度追加してください。
        descriptionUnavailableTitle = アプリケーションの説明を取得できません
        descriptionUnavailableRemedy = 1 分後にもう一度お試しください。再び失敗する場合は、アプリケーションの開発者に知らせてください。
        descriptionReason = 説明はアプリケーションの <code>client_id</code> にあります: {reason}。
        descriptionInvalidTitle = アプリケーションの説明が正しくありません
        descriptionInvalidRemedy = アプリケーションの開発者、またはこのサーバーの運営者に知らせてください。
        throttledTitle = 一度に要求されたアプリケーションが多すぎます
        throttledText = お使いのアドレスから、またはこのホストに対して、アプリケーションの説明が多く要求されすぎました。
        requestExpiredTitle = 要求の有効期限が切れました
        requestExpiredText = アプリケーションがこのログインを準備してから 1 分を超えたか、ここで準備されたものではありません。
        """
}
