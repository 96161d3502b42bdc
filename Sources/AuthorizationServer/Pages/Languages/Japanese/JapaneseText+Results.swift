extension JapaneseText {
    /// What became of a connection, an access, a device or an agent.
    static let results = """
        connectedTitle = {upstream} を接続しました
        connectedText = アカウント: {account}。このページを閉じて、アプリケーションに戻ってください。
        disconnectedTitle = {upstream} の接続を解除しました
        tokensErased = トークンはここから消去されました。
        providerRevoked = プロバイダーもトークンを失効させました。
        providerCannotRevoke = プロバイダーは要求によるトークンの失効に対応していません。プロバイダーのアカウント設定で失効させることができます。
        providerNotConfigured = プロバイダーはここにもう設定されていないため、要求していません。プロバイダーのアカウントでアクセスを終了してください。
        providerFailed = トークンの失効を<strong>プロバイダーは確認していません</strong>。プロバイダーのアカウントでアクセスを終了してください。
        alreadyDisconnectedTitle = 接続がありません
        alreadyDisconnectedText = すでに終了しています。
        accessRemovedTitle = アプリケーションはアクセスできなくなりました
        allAccessRemovedTitle = アクセスできるアプリケーションはありません
        accessRemovedText = アクセスはここで終了しました。再び許可を求める必要があります。
        accessRemovedLater = このサーバーに問い合わせないサービスは、以前のトークンを最大 {minutes} 分間受け入れることがあります。
        noSuchAccessTitle = アクセスがありません
        noSuchAccessText = すでに終了しています。
        notConnectedTitle = {upstream} は接続されませんでした
        unknownUserTitle = このアカウントには何も接続されていません
        unknownUserText = {upstream} でサインインしましたが、このアカウントはまだこのサーバーで使われていません。
        unknownUserRemedy = アプリケーションで使っているアカウントでサインインしてください。
        anotherUserTitle = このリンクは別の人のものです
        anotherUserText = ここにサインインしている人とは別の人のために作成されました。何も接続されていません。
        anotherUserRemedy = 誰かから送られたリンクであれば、使わないでください。複数のアカウントをお持ちの場合は、接続の一覧のページでサインアウトしてから、もう一度リンクを開いてください。
        otherOwnerTitle = このアカウントはここでは別の人のものです
        otherOwnerText = {upstream} で選んだアカウントは、ここでは別の人のものです。何も接続されていません。
        otherAccountTitle = 別のアカウントです
        otherAccountText = {upstream} で以前と同じアカウントを選んでください。何も接続されていません。
        upstreamFailedTitle = {upstream} を接続できませんでした
        deviceApprovedTitle = デバイスを接続しました
        deviceApprovedText = デバイスに戻ってください。数秒以内に続きます。このページは閉じてかまいません。
        deviceRefusedTitle = デバイスは接続されませんでした
        deviceRefusedRemedy = もう一度試すには、デバイスで最初からやり直してください。
        agentMadeTitle = エージェントのトークン
        agentMadeText = 今すぐコピーしてください。再び表示されることはありません。これを持つプログラムは、エージェントを終了するまであなたに代わって動作します。
        agentRefusedTitle = トークンは作成されませんでした
        agentEndedTitle = エージェントを終了しました
        agentEndedText = そのトークンはここではもう受け入れられません。
        """
}
