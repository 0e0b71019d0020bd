// A receiver that verifies with Standard Webhooks' own library:
//
//     node verify_webhook.mjs FILE      with {"secret", "headers", "body"} in it; prints the event
import {readFile} from 'node:fs/promises';
import {Webhook} from 'standardwebhooks';

const {secret, headers, body} = JSON.parse(await readFile(process.argv[2], 'utf8'));
console.log(JSON.stringify(new Webhook(secret).verify(body, headers)));
