// What keeps a check from passing. Codes are those of app.verification for the same; `values` fill
// the places in the code's words.

class Refused extends Error {
  constructor(code, values = {}) {
    super(code);
    this.code = code;
    this.values = values;
  }
}

// What cannot be known here. Not knowing is never a pass.
class NotKnown extends Refused {}
