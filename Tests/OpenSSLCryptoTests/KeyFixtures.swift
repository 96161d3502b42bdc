/// Throw-away keys made once with Python's `cryptography` and the `openssl` command; they protect nothing.
enum KeyFixtures {
    /// A P-256 key, PKCS#8.
    static let p256PKCS8 = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQoMwnaalERjQtkY3
        NieI1AoNe4aGwO20NK8EIkF4KIChRANCAAQKXC1B4Wd0e5DM9rheCyBPb4u7bteS
        7LL7Jnc2fsLgvm3IS/kbltJw+YRDcqctfAvyEyWNgCJEdQUuqbcfCfIR
        -----END PRIVATE KEY-----
        """

    /// The same P-256 key, SEC1.
    static let p256SEC1 = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIEKDMJ2mpREY0LZGNzYniNQKDXuGhsDttDSvBCJBeCiAoAoGCCqGSM49
        AwEHoUQDQgAEClwtQeFndHuQzPa4XgsgT2+Lu27Xkuyy+yZ3Nn7C4L5tyEv5G5bS
        cPmEQ3KnLXwL8hMljYAiRHUFLqm3HwnyEQ==
        -----END EC PRIVATE KEY-----
        """

    /// Its public half.
    static let p256Public = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEClwtQeFndHuQzPa4XgsgT2+Lu27X
        kuyy+yZ3Nn7C4L5tyEv5G5bScPmEQ3KnLXwL8hMljYAiRHUFLqm3HwnyEQ==
        -----END PUBLIC KEY-----
        """

    /// The same key as `openssl ecparam -genkey` writes it.
    static let p256WithParameters = """
        -----BEGIN EC PARAMETERS-----
        BggqhkjOPQMBBw==
        -----END EC PARAMETERS-----
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIEKDMJ2mpREY0LZGNzYniNQKDXuGhsDttDSvBCJBeCiAoAoGCCqGSM49
        AwEHoUQDQgAEClwtQeFndHuQzPa4XgsgT2+Lu27Xkuyy+yZ3Nn7C4L5tyEv5G5bS
        cPmEQ3KnLXwL8hMljYAiRHUFLqm3HwnyEQ==
        -----END EC PRIVATE KEY-----
        """

    /// The same key with the curve's numbers spelt out instead of its name.
    static let p256ExplicitParameters = """
        -----BEGIN EC PRIVATE KEY-----
        MIIBaAIBAQQgQoMwnaalERjQtkY3NieI1AoNe4aGwO20NK8EIkF4KICggfowgfcC
        AQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA////////////////
        MFsEIP////8AAAABAAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57Pr
        vVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSdNgiG5wSTamZ44ROdJreBn36QBEEE
        axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54W
        K84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA//////////+85vqtpxeehPO5ysL8
        YyVRAgEBoUQDQgAEClwtQeFndHuQzPa4XgsgT2+Lu27Xkuyy+yZ3Nn7C4L5tyEv5
        G5bScPmEQ3KnLXwL8hMljYAiRHUFLqm3HwnyEQ==
        -----END EC PRIVATE KEY-----
        """

    /// An Ed25519 key, PKCS#8.
    static let ed25519PKCS8 = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIEdCXw04HbO4TtpR/GTJYS3PBreFwFaOlGBzmZLxtx3O
        -----END PRIVATE KEY-----
        """

    /// Its public half.
    static let ed25519Public = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEA1lhqUkeoaBzenzPnyL7U2IfNOSj1uI/fKd/t6C1n4OQ=
        -----END PUBLIC KEY-----
        """

    /// An RSA key of 2048 bits, PKCS#8.
    static let rsaPKCS8 = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDHapAexJOVLAKl
        jB7yPmTO+EW3OvUdQUJvuu8tIn2XxtevNTNsn4dZRj4wvu5mDvMhsJTIe/oGPWFD
        yWBzZQDN+MGDjN7cyGGG/0fzym+lkMRCla0ltuFMCcHINoB0BTwOHxbSUQGUq/jN
        mY60zi4/rpKquf+zjRuNj7G1x9zTfPkB1HfIHVZx5TvAtvjgrRxgfWKK+GNSDAM+
        i7xdKqhE01VrykFqT0RnqVBOuIkFdtaZQlO47JRPtKnHrAE8wmnOoQA/V70rwAzN
        pdmIhYgngAWlTc1y9mBSJfBR0tSemUtb5c2BlT6UpnXmYSONnmBbfSZwuqtTW8G6
        LpQgwwz9AgMBAAECggEABlEPmTHmuEokzwhYSuMVyM8gBscpq8cz6uTT5xq98LPn
        OvWePL5iUYdm3QyQX6I6TzT0oq8cXm6olttQMr5ng8NNEMdUxL0mvbUJGxNRJC4W
        iELWepZsDBrEcbOZ+Qm0jYCH43W6/5aGF2baBku3ElILqkpYIoUTzpEOTl6OjMk6
        qQ/2gfOFe0QdfX6Uo2mpI3dUafOL65ulZToJuvosDHGSbHHogkt8j2oogsTBiP2v
        Gl20xEKVWWUXjU3D4jo9epOjXoX+uTGK5n9UjcF12jfqIqI0loNRuYfGKnmW/gAY
        vbogiqoWP4cKqZ2SkkbFmEwixHSUePDbAjzRGylvnwKBgQDrb/BefWnPXybA7pMG
        xMhqm1c8B0rbNSCgA4GmmMUPWZy6EM9/M1Feqgj8un55JMetwEpum76WpxekXpo3
        E1hQ7EGKAvCQPqOi36qRKsmOL5W/Y0W1eQEIcTbvaVTkuGyGz/SOvOA5VY1XVnwO
        LliVdFdyEQrgf3kvtcYF2PyPbwKBgQDY1T4qVoKEUyO4Cy8bdyfzDTA9+wvKBC+b
        0G4cOw8Ik/xofklzQdpojvMk13JIvbJK51UAZd4sPYuK/F6MwkvXVjUMCflJOx79
        7J0/BMIlihW6GcmvVN09j1dQwKMsqpMi3yVHX5+DIa1pon7oqVX2kRGvDRCLXnjU
        xhev4yI0UwKBgFFgM3i1aGkgvkhZLcBdK9iNMK2y55C04D3ueFWY4CPaGW3GebHB
        jxJlOw3/d89vgwTvPcrVUh7ISkep2yvGJ/RwdIa7VWLGA9E79byPSXM3x06LhYCf
        /ldoqlA92/XiOMCwCBt99RJcG6pgXiiYpE2kFMV8VoIaDU0MSxGiWklJAoGAcbwo
        x3xpKY+ShM8Y/ocZ5VtdmqU8IdLgRhKmLxirYgx9sTHMxTAdqAqTbxezUoRuKOv+
        oh7M0tfVgimuTpb7wQ/u80moAMmKEBc0xAFy9M3hZ6RvLhCNm+S8IBdrf9pZI0l4
        /F8kBFx94ZLijpeEB7lAVVm8+92p87GUayXwoxECgYEAkO5xgsy9GUySH535pMKU
        XFI3fL2oKSK/L+7lFAlZLni7tJAZFSdf7LLabd/1wJ8ZIsWbSZl9Vij0Dz38YiqS
        uv+H5+wn5P6FqoXA1J/QVEnlDGn9lgg+uQK+MCGmyLHE/qRSl8McLUV2cZ2STRo3
        BHfM5mo39/5Xjd2KjDldqbU=
        -----END PRIVATE KEY-----
        """

    /// The same RSA key, PKCS#1.
    static let rsaPKCS1 = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIEowIBAAKCAQEAx2qQHsSTlSwCpYwe8j5kzvhFtzr1HUFCb7rvLSJ9l8bXrzUz
        bJ+HWUY+ML7uZg7zIbCUyHv6Bj1hQ8lgc2UAzfjBg4ze3Mhhhv9H88pvpZDEQpWt
        JbbhTAnByDaAdAU8Dh8W0lEBlKv4zZmOtM4uP66Sqrn/s40bjY+xtcfc03z5AdR3
        yB1WceU7wLb44K0cYH1iivhjUgwDPou8XSqoRNNVa8pBak9EZ6lQTriJBXbWmUJT
        uOyUT7Spx6wBPMJpzqEAP1e9K8AMzaXZiIWIJ4AFpU3NcvZgUiXwUdLUnplLW+XN
        gZU+lKZ15mEjjZ5gW30mcLqrU1vBui6UIMMM/QIDAQABAoIBAAZRD5kx5rhKJM8I
        WErjFcjPIAbHKavHM+rk0+cavfCz5zr1njy+YlGHZt0MkF+iOk809KKvHF5uqJbb
        UDK+Z4PDTRDHVMS9Jr21CRsTUSQuFohC1nqWbAwaxHGzmfkJtI2Ah+N1uv+Whhdm
        2gZLtxJSC6pKWCKFE86RDk5ejozJOqkP9oHzhXtEHX1+lKNpqSN3VGnzi+ubpWU6
        Cbr6LAxxkmxx6IJLfI9qKILEwYj9rxpdtMRClVllF41Nw+I6PXqTo16F/rkxiuZ/
        VI3Bddo36iKiNJaDUbmHxip5lv4AGL26IIqqFj+HCqmdkpJGxZhMIsR0lHjw2wI8
        0Rspb58CgYEA62/wXn1pz18mwO6TBsTIaptXPAdK2zUgoAOBppjFD1mcuhDPfzNR
        XqoI/Lp+eSTHrcBKbpu+lqcXpF6aNxNYUOxBigLwkD6jot+qkSrJji+Vv2NFtXkB
        CHE272lU5Lhshs/0jrzgOVWNV1Z8Di5YlXRXchEK4H95L7XGBdj8j28CgYEA2NU+
        KlaChFMjuAsvG3cn8w0wPfsLygQvm9BuHDsPCJP8aH5Jc0HaaI7zJNdySL2ySudV
        AGXeLD2LivxejMJL11Y1DAn5STse/eydPwTCJYoVuhnJr1TdPY9XUMCjLKqTIt8l
        R1+fgyGtaaJ+6KlV9pERrw0Qi1541MYXr+MiNFMCgYBRYDN4tWhpIL5IWS3AXSvY
        jTCtsueQtOA97nhVmOAj2hltxnmxwY8SZTsN/3fPb4ME7z3K1VIeyEpHqdsrxif0
        cHSGu1VixgPRO/W8j0lzN8dOi4WAn/5XaKpQPdv14jjAsAgbffUSXBuqYF4omKRN
        pBTFfFaCGg1NDEsRolpJSQKBgHG8KMd8aSmPkoTPGP6HGeVbXZqlPCHS4EYSpi8Y
        q2IMfbExzMUwHagKk28Xs1KEbijr/qIezNLX1YIprk6W+8EP7vNJqADJihAXNMQB
        cvTN4Wekby4QjZvkvCAXa3/aWSNJePxfJARcfeGS4o6XhAe5QFVZvPvdqfOxlGsl
        8KMRAoGBAJDucYLMvRlMkh+d+aTClFxSN3y9qCkivy/u5RQJWS54u7SQGRUnX+yy
        2m3f9cCfGSLFm0mZfVYo9A89/GIqkrr/h+fsJ+T+haqFwNSf0FRJ5Qxp/ZYIPrkC
        vjAhpsixxP6kUpfDHC1FdnGdkk0aNwR3zOZqN/f+V43diow5Xam1
        -----END RSA PRIVATE KEY-----
        """

    /// Its public half.
    static let rsaPublic = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAx2qQHsSTlSwCpYwe8j5k
        zvhFtzr1HUFCb7rvLSJ9l8bXrzUzbJ+HWUY+ML7uZg7zIbCUyHv6Bj1hQ8lgc2UA
        zfjBg4ze3Mhhhv9H88pvpZDEQpWtJbbhTAnByDaAdAU8Dh8W0lEBlKv4zZmOtM4u
        P66Sqrn/s40bjY+xtcfc03z5AdR3yB1WceU7wLb44K0cYH1iivhjUgwDPou8XSqo
        RNNVa8pBak9EZ6lQTriJBXbWmUJTuOyUT7Spx6wBPMJpzqEAP1e9K8AMzaXZiIWI
        J4AFpU3NcvZgUiXwUdLUnplLW+XNgZU+lKZ15mEjjZ5gW30mcLqrU1vBui6UIMMM
        /QIDAQAB
        -----END PUBLIC KEY-----
        """

    /// A P-384 key.
    static let p384 = """
        -----BEGIN PRIVATE KEY-----
        MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDAxr05VsMukskFUcBRD
        f9rWqRe2p/5OIQ/K0+tI0btZ1E/0wQ7L3PmXlfNHfHxpG8uhZANiAAQdGvgqUfDE
        2bydheQMfKTiJUjfN9yMI8OB9KyPsY1fV2erHwiASF32Pc5VXvMZEk4BM6dric3U
        zYRrtADavXjmW7X2jq1cPQfRF9dbeqFGlwh4m3rg0bcmy8dKFq8xPG0=
        -----END PRIVATE KEY-----
        """

    /// A key on another curve of 256 bits.
    static let secp256k1 = """
        -----BEGIN PRIVATE KEY-----
        MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQg9+LZ/Ncjts2rmVccesQn
        yYAVaYXvun2RVydAu2Cw11ChRANCAATGqmZG0VGFgtnHpgWOFLraH4cpZVtdbPsx
        uGTRxTLyHgQF9bj8rtXWyPwR6Ku467xsnkG5AYcLLMBJ7OuXc9wK
        -----END PRIVATE KEY-----
        """

    /// A public P-384 key.
    static let p384Public = """
        -----BEGIN PUBLIC KEY-----
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEijFFxThaE89XKDmgOScf/iFJfnsi0HIF
        DSlkVON7f8eK5t0hoJOawAykcGKxu19R0DYIUhkEMEqRN6xOHb+E12gRX20kMYte
        +PQvDHOKcguCT+XTT0/3ouicYn0OGD+U
        -----END PUBLIC KEY-----
        """

    /// An RSA key of 1024 bits.
    static let rsa1024 = """
        -----BEGIN PRIVATE KEY-----
        MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBAO8tsdhGTj7a0lRK
        LCVZcb2yf3HxheolQKRihhYaXaZbZ9KeBY9hLQsxU+AJSiq5zJ7m/fcmMF0UfiJL
        nVd5Yo5BG6dpjOzITQEiuCfChXEw8c/VdmdT4uYHcyg6Ys5cbL2PD/R1RkT+2xs6
        VMBzhmj0OTUFj1nE2xCQFsu/UJrlAgMBAAECgYBbHScw4qeQHkAdyBvFJqvDvin6
        uC1xozta5AV8ihK++vc0LuqjUjuclfAD2sYcPKeMqSZ6blviOZpLak7IMf+uwN+m
        pROw71SdzK9h7KvgKEj3GnVN7XRqsDfBxmaBL91w0qNwnEZ1yqy0ZG3zr2nkYRbd
        JcalO0TWZ2rOgnLLQQJBAPzpV7//wU6h5Hc+ib8XdiqKuYEbsdPgfeQ123Ow/ld5
        UWGN9gnucxy1XSd5du2Lm7dGkYISHcSx5XxPQFZ7zn0CQQDyGWtm6vkJL+4VQ14c
        OceMbkVxKeqwkYzm3BJzOX88JtQsJs2NSwrx+XR6zrw1wdU54R9f7j43Y0p+JDhx
        NKKJAkAjn35jpdOFjtoOTbm7N8PGJDoSzGLU1CcHUOqzNfftPEJROlywc2y1W3pe
        iAZPWT26p+7w4jpdLS2Ev+jxBYlFAkAufXUjcVHbUsnsaWBkGTBZpj9NiNgZigm9
        t1sPp2XofihWRilIzbVPXDDi+FoqFIvGrpVgzZZC+p0udfQkwQ/JAkEA5924anHX
        ddOXRh+d1IKPOtApW/R+Y+aXW2wgRY39jvNRdLRFdLpAJgZhAeoQxxt8CZmuXDEf
        /tv3qPUpbBx6bA==
        -----END PRIVATE KEY-----
        """

    /// A P-256 key under the passphrase `secret`, PKCS#8.
    static let encryptedPKCS8 = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIH0MF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBA4JNpWPTG9vH2fKBfc
        hIjeAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQq2NlKaggHvfsuRrw
        TOiWdwSBkJOgrsQDB9+8BxIozJn/tvnOqTGG2SvBj91iM1z6oEzT2BuJV+S0UFJk
        1Ym6ttps43O4wpJhcJsjZDwXKPkOPP/mMgjvMwstMkzHSCpyEjhFaP0niO6+wARi
        r6bHctFnTIBAM/z7fZ9x9AIeKCzCu+LUrFs3fgYXKcY2rmhb/QuoMTXyu+wegCDc
        setf998j1Q==
        -----END ENCRYPTED PRIVATE KEY-----
        """

    /// A P-256 key under the passphrase `secret`, the older way.
    static let encryptedSEC1 = """
        -----BEGIN EC PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: AES-256-CBC,A847D833CC96AD5CD181D4BDCF1B910E

        thnGt1FS7d12+3GlefwGtQdk6wMr1oDrrDlyegJjcYIoamI7Nn5N3QGeAiHV6tLn
        oEdPRyeuYZ2ykkhGjYwZx1vES90J8yhJD04SMzw3YtTUwNd0Y37mPC5dFm0+aIB5
        e5HbUDagaK1IXA/otGZHPEjg5MfUbq7XWYPkKsMZtD4=
        -----END EC PRIVATE KEY-----
        """

    /// A key that cannot sign.
    static let x25519 = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VuBCIEIGiZoU0db93/edR7JWr6gvzmBqaso8tpm4GNPfrTQulb
        -----END PRIVATE KEY-----
        """

    /// An Ed448 key.
    static let ed448 = """
        -----BEGIN PRIVATE KEY-----
        MEcCAQAwBQYDK2VxBDsEOXEAyKAQWZGIQVgTZWc5z1JDoN+Ld1Nynf0jw5Wv/mk5
        qrMVGrlOOZh3M7bzX1ajI8T9lfe2z2B2Lw==
        -----END PRIVATE KEY-----
        """

    /// One P-256 key's private half with another's public half, SEC1.
    static let mismatchedHalves = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIEKDMJ2mpREY0LZGNzYniNQKDXuGhsDttDSvBCJBeCiAoAoGCCqGSM49
        AwEHoUQDQgAEhzsku3Gxbh5Yd6Avl6TQgCud/pKAjQYd7cHo1SUS+ThNgjxx8GB+
        E0P+gTNQIgn5TqcD4+4mWTWEGP1YR9ndoA==
        -----END EC PRIVATE KEY-----
        """

    /// An RSA key restricted to PSS by its type.
    static let rsaPSSOnly = """
        -----BEGIN PRIVATE KEY-----
        MIIEuwIBADALBgkqhkiG9w0BAQoEggSnMIIEowIBAAKCAQEAvOkLevVTjeAI2/EY
        5ClIrWzkWpwGuo7G9gKy1LD+H34Eoz0ebtFO02GUEcrYxDMHs/qEbEz/GTUV4Rlk
        Y1h8uItUfDfrcVC/UCsQwIhOraP065YLlfwVhtteqjrviUmY1SQGwW4KR09xbDV4
        YYZu17edffSCx0i2ANqqDg2Zptq1g2G+NaJs14enoxXUT1AnY5I3fWu9dLS3gXku
        8nM4vy6AWyF/xqWKc5UhoaxRL8V9AKB0YlBBtk/KujT+8YLyCq42wmzVkQIPjtTr
        +v4KXgeZWnvogffX1nib5hBaE1IC3Z1QuQj6zAmpGSK1b/sFv9tSLJALvMu5h2K/
        W67p0QIDAQABAoIBABuPnpKqXy3YTUKVes2y7j0LIYfMsrieIw36V8/rILBEiPWt
        8ZY2aFszpdAwuY5qaYnLF23bj+5EDfSg6UILQ2sDPOjAmdOW9cqC9fc5C82OmamT
        Yw5XUGaz86w/W/o6KBeUoX2wCcTcpM4mQPFtlRdY3Rvmw/vCMneOb3gMaOnsR5So
        FlbDm8g4Ppc6AUaKQv4OMbrpXQF7BPK7yRaheN1+fflC5Owhi0D++BGallsipcfD
        c9HiBETCVIB+4ATjP0vRoJniuiAzXtYKoVMuoCsVkdCqrH4sZSyCMneXLF5kEi4g
        VH0YWgLlascWYBDGHRTF+9Cr8f97WCEuO1ioB3cCgYEA4hX41SFHjBUxmNqFL8S8
        bhe/+1MmewTMYVE/W/zQG/vUsfujaTqqUiRVd8pwRWcazJW5po9yWsUxU3wGEbW8
        sJWms4ADhtf9eoFptLDPmmuZ478OINUqugbKwAbFwhlMTZCZvGEQjIzrgjwn2ZcV
        Zdxkon9P/k53Y8Pguw12p9cCgYEA1efbPFnLfQRcOInRRnTEwnUyDTo2RK1MvcHK
        Qurb5nPt7zRgYJpmabTj7xAm6LQyqdH2RvQxBKB8gKwKXcjW+J3ZMh7OdaQG82Si
        2yN3qxXRRXicByIx7MAZoALbYBj2GNdoopAKIBz/BbeBa8fPcjcM6btritewg9rD
        zMd4JpcCgYAW5Vy+0ND7GcZdEXw9ezIOAC+8Fw6llLXSATVmbnLw8o72u2IwLPXE
        vdM9/21hSfDH2T3k5VASazf0mXHP51TFmVI5iXRR+pu8BVEcMG/F1rHOA7I9lvjt
        v/RWgBkU8BTvIf6/uiC/6yGKneb3PTq4hxpV7oi+W1nx64tdxh5HHwKBgQCOZnzn
        72ttPbLbHLyKKAA46GY6sg8gpzIYfWNWKx3bjD/Q59BlX0RgiMDZDKqqbhPwQ8ut
        LrFXQDPCQUXha2vZNNQ77pBJdrn93HgiZLks1yhrFEDi6tvLnZMxl9VNYzCqFvUc
        i8GB4WvQ9XoeM3Whto5NJ60PUEm9bay9rekJ3wKBgEQrjXUhsxdHueoqMsEfUY/5
        UOtg/kf/Li85p7xZibwXNDYb/k+Gfdl6IogwINXXxUX5mn3+ngrBMjjEM8fu+tbk
        aOFXLnodZ1VDHozfSaHGn96wrN68WCo6HDtHezRq2J0Q6+XkuqLnOkJQP/3ntPQi
        kWmFkJvWSjBcE0G6fZmV
        -----END PRIVATE KEY-----
        """

    /// A certificate.
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBbjCCAROgAwIBAgIUV62/MHz9V6cmZJiFCrZdRQXop0AwCgYIKoZIzj0EAwIw
        DDEKMAgGA1UEAwwBeDAeFw0yNjExMjMwODI2MzJaFw0yNjExMjYwODI2MzJaMAwx
        CjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQKXC1B4Wd0e5DM
        9rheCyBPb4u7bteS7LL7Jnc2fsLgvm3IS/kbltJw+YRDcqctfAvyEyWNgCJEdQUu
        qbcfCfIRo1MwUTAdBgNVHQ4EFgQUJlHC9jWRtPxrQoHD1sebAjOxpkIwHwYDVR0j
        BBgwFoAUJlHC9jWRtPxrQoHD1sebAjOxpkIwDwYDVR0TAQH/BAUwAwEB/zAKBggq
        hkjOPQQDAgNJADBGAiEA/mreJnlkVhTfVKZu6hZKoNVgTUAut72T6Up/v1BeYykC
        IQD8/5Zi9yAGcda36cFJbOwXfzrM3qiH2ssqLK/a2dpFZw==
        -----END CERTIFICATE-----
        """
}
