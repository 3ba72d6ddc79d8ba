-- What follows the host of a webhook's URL is often a secret: `url` is what is shown, and the whole of it is sealed.
alter table webhook_endpoints add column url_sealed text;   -- null: not sealed yet (record/outreach/webhooks.ts)
