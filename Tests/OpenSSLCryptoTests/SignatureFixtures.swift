/// Signatures of `the message` that Python's `cryptography` made with the keys of ``KeyFixtures``.
enum SignatureFixtures {
    /// What is signed.
    static let message = Array("the message".utf8)

    /// ES256, R ‖ S.
    static let es256 = hex(
        """
        28bdbc4868563277ae4129933632dd713394ad6d46c9eea535096051e1072fb2a3c19ad0fda1a48393109cc913b4d0f9
        dbafed4be6eba6f5e5fb08558ea8e4c4
        """
    )

    /// The same signature in DER, as OpenSSL and Python write it.
    static let es256DER = hex(
        """
        3045022028bdbc4868563277ae4129933632dd713394ad6d46c9eea535096051e1072fb2022100a3c19ad0fda1a48393
        109cc913b4d0f9dbafed4be6eba6f5e5fb08558ea8e4c4
        """
    )

    /// EdDSA.
    static let edDSA = hex(
        """
        bb1e5567e039112b2cd64501593c01164378f3241d070508258a02741342de9988f4291d8fcc26562bac0a5420857857
        23a893574696162adde607a350e5b901
        """
    )

    /// RS256.
    static let rs256 = hex(
        """
        ac252323ec6e8db543ab00f08ac8f42fc53c0dec57dbaa3a0b08800a4559521ed6a52d058cee8b0777a41c5a6e45492a
        b7406c4388564d7aaf3f881b96b0e5cd396e524997f965590d67e9aae7949fb48ad0adcb675e5b0480faa12994cdad1a
        3b846719673e524513b48675913aa54a3606b0c9886afec78077e26de3256e45bc10c1271e0921f1972ed147e8116c1b
        afee38e08b0027892d36bccf27e43c5b12f4c42bbebf5daa78fbcd8c8a18d4ed1fb63c6fe125093ec643a9a5927cbb26
        eb0a9cc2d7916a6266a2b1e59d222881417453c492869b6622e308e9d50942abf382e1f8e3c5684bde747ff9cbb2af6c
        1dbc86fb8bfc6f23abe2a3080522b238
        """
    )

    /// PS256.
    static let ps256 = hex(
        """
        28426cf7976ef010817b350dee9c6d16541530b2a52623aa7addbfc251ea1c537baae900490b6867bbf10bbf6f1b1458
        e6016a86af7a033e6dc99adb43c45fd085e39b9f39d5454391ade23d4b7bcfddacd938a64ea34442183eaa132ea8a858
        85a12b2d0f9a7d8481588871a2737bf20ccfc738ff05cfc2a21ec40a815f53f468ac161e888999ff88f2b8d639f667fd
        bac8ec2c58005deb34cb1b5021e31e8d983a5093caa272ebc1c67cdc373eb7cb0f59c342714e7469bf1e01b79de878e3
        aa5d99be6e09994cd2207af0597cd76c5c471f9842c20c437fe7000c6c4e913d1f030d9b366a0386c52d650312d4d862
        1f1fc543adba4464b022be7b2e8975cb
        """
    )

    /// PSS with the longest salt, which PS256 forbids.
    static let ps256LongSalt = hex(
        """
        a247c3ebb0ac970207760aeab6898bfe467e45332ace7f6a70e4ab621ae4dc4c488035512d4be9fd2391d330b64d4efa
        05859073d19d6f55170d39629a5ffc02bd49e5711de86f5eee16b41d7f37a5d100c67ce850efb1861b356f35fc7b21c8
        2b38343b70de68bf3ae01ddf2c7ed3fbb576b6a438bf4f4e45ba7c0950fe4b0af2c521540ca332cffa61e1d50a23f0f4
        1c51fa710750e28c3199ff8ab2322cb604612db4fae087f653c138efdcc4b5fc447b5e11c7e0fe7dd61b17e2740186d0
        d506cb1128832e76f7af03376d4b6b45638b964f62ef5740c8704aab797deca2996ebe7a6670c4d1a7077ba03eed1066
        75d6dd79b9a966a3bc7880e773c938ed
        """
    )

    /// PKCS#1 v1.5 with SHA-512.
    static let rs512 = hex(
        """
        97f9e9ab196a79053079550390b0303107c345f319d2b8cf6d0bd8cd1f19c12101572ce80765dc01cb8ed3dd67fb64d4
        43d00417ebe8dc24741a3c0961c46e9ed33dd391246b5cc158def4be1cefe1254f7e3f42f44c5ee49e0c2d5e4bde7444
        1521858aab854e4da95aaed6dafc0ee6aa9bc678757878a01a2d01cf3780be29a7aed24baa147729b16e38e84415e1ab
        dd9cde3a65882f504a619d9ae06ef18fe33890aada3314a7c0312c912d0fac925967dff7537abcdd84393a22f9c65808
        42e24f8730c7c31383ebc2a6324b5ecf20395296dfe51a84a028a8391191dccb0513b084c81b507bb35832e6e516265a
        c616370d4eacb7ad4358ced6d4f9447c
        """
    )
}
