/*
 * A cash movement, as far as the peer reads it.
 *
 *   0 │ schema id (4) │ movementId (16) │ groupId │ sourceId │ sourceSequence │ eventTime │ accountId │ currency │ amountMinor │ ...
 *   strings: length (zigzag varint), UTF-8; numbers: zigzag varint
 */
package weir.peer;

import java.nio.charset.StandardCharsets;

record Movement(String group, String account, long amountMinor) {
  private static final int FIRST_FIELD = 5 + 16;

  static Movement decode(byte[] bytes) {
    Reader reader = new Reader(bytes, FIRST_FIELD);
    String group = reader.text();
    reader.skipText();
    reader.number();
    reader.number();
    String account = reader.text();
    reader.skipText();
    return new Movement(group, account, reader.number());
  }

  private static final class Reader {
    private final byte[] bytes;
    private int at;

    Reader(byte[] bytes, int at) {
      this.bytes = bytes;
      this.at = at;
    }

    long number() {
      long value = 0;
      for (int shift = 0; ; shift += 7) {
        byte next = bytes[at++];
        value |= (long) (next & 0x7f) << shift;
        if (next >= 0) return (value >>> 1) ^ -(value & 1);
      }
    }

    String text() {
      int length = (int) number();
      String text = new String(bytes, at, length, StandardCharsets.UTF_8);
      at += length;
      return text;
    }

    void skipText() {
      // Not `at += number()`: that would add to the place before the number.
      int length = (int) number();
      at += length;
    }
  }
}
