extension JapaneseText {
    /// Logins, forms and links that no longer continue.
    static let endings = """
        expiredTitle = このログインはもう有効ではありません
        expiredText = 10 分を超えたか、すでに完了しています。
        wrongBrowserTitle = このブラウザーではログインを続けられません
        wrongBrowserText = 別のブラウザーで承認されたか、10 分を超えたか、すでに完了しています。安全のため、ログインは承認した場所で完了する必要があります。
        wrongBrowserRemedy = 誰かから送られたリンクであれば、使わないでください。そうでなければ、Cookie を許可したうえで、アプリケーションで最初からやり直してください。
        foreignFormTitle = このフォームは当ページから送信されたものではありません
        foreignFormText = フォームが別のサイト、別のブラウザー、または Cookie なしで送信されました。
        changedClientTitle = アプリケーションの説明が変更されました
        changedClientText = ご覧になった説明は最新ではありません。
        badFormTitle = このフォームは不完全です
        badFormText = 一部が欠けているか、変更されています。
        alreadyUsedTitle = このページはすでに回答済みです
        alreadyUsedText = 承認できるのは 1 回だけです。
        alreadyUsedRemedy = アプリケーションに戻ってください。先に進まない場合は、そこで最初からやり直してください。
        badCallbackTitle = ID プロバイダーの応答が正しくありません
        badCallbackText = 不完全か、重複しているか、別のログインのものです。
        unknownUpstreamTitle = ID プロバイダーが不明です
        unknownUpstreamText = アドレスが示すプロバイダーは設定されていません。
        badLinkTitle = このリンクは正しくありません
        badLinkText = 不完全か、このサーバーが作成したものではありません。
        expiredLinkTitle = このリンクはもう有効ではありません
        expiredLinkText = リンクは 10 分以内に 1 回だけ使えます。
        expiredLinkRemedy = アプリケーションに戻って最後の操作を繰り返してください。必要であれば再び尋ねられます。
        tooManyLoginsTitle = お使いのネットワークからのログインが多すぎます
        tooManyLoginsText = 短時間に許可されている数を超えるログインが、お使いのアドレスから開始されました。
        overloadedTitle = 現在ログインが混み合っています
        overloadedText = サーバーが上限に達しています。
        """
}
