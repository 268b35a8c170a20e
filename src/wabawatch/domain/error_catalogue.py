"""The table of error codes, grouped as on Meta's own pages: data only, read by `error_codes`.

One entry per code. Its first line holds the code (or a range), its class, whose fault it is, whether it passes by
itself (``passes`` / ``stays``), for throttles what is throttled, where known how many seconds to wait, and the title
that Meta gives it. Below stand, in our own words, what it means and, behind the arrow, what to do now. Lines with a
``#`` are comments.
"""

from __future__ import annotations

TABLE = """
# Authorisation and integrity

0        auth          sender      stays                           | AuthException
    The access token is dead or was made invalid. -> Make a new system-user token and put it in place.
3        auth          sender      stays                           | API Method
    The app lacks a capability or permission for this call. -> Check the token's permissions in the token debugger.
10       auth          sender      stays                           | Permission Denied
    A permission was never granted or was taken away, or the app may not use this API. -> Grant the permission again, or
    check who is eligible for this API.
102      auth          sender      stays                           | Session key invalid
    The token does not belong to a live session. -> Make a new system-user token and put it in place.
104      auth          sender      stays                           | Incorrect signature
    The token is missing, or the app secret proof does not fit it. -> Send a token, and make the proof with this app's
    own secret.
190      auth          sender      stays                           | Access token has expired
    The access token has expired or was revoked. -> Make a new system-user token and put it in place.
200-299  auth          sender      stays                           | API Permission
    The token may not do this with this account, number or template. -> Give its system user access to the account and
    the missing permission.
131005   auth          sender      stays                           | Access denied
    A permission was never granted or was taken away. -> Check the token's permissions in the token debugger.
368      integrity     account     stays                           | Temporarily blocked for policies violations
    The account is restricted or disabled because of a policy violation. -> Read the restriction in Business Support
    Home, mend its cause and appeal if it is wrong.
130497   integrity     account     stays                      | Business restricted from messaging users in this country
    This kind of business may not write to people in this country. -> Leave that country out of the audience.
131031   integrity     account     stays                           | Account has been locked
    The account is locked for a policy violation, or its data (such as the PIN) did not match. -> Look at the health
    status and appeal in Business Support Home.
# Account or template: the limit falls away when the templates' categories are right.
131064   integrity     template    passes  scope=portfolio         | Messaging limit reached for template classification
    Too many templates were filed in the wrong category, so sending is limited for a while. -> Correct the categories
    and wait until the limit lifts itself.
139200   integrity     account     stays                           | Direct Send blocked
    Meta has blocked Direct Send for this account. -> Read the enforcement notice and use approved templates meanwhile.

# Health status: seen only where a node's health is asked for
141002   health        template    stays                           | Template not approved
    The template cannot be sent because it is not approved. -> Edit the template or appeal the review.
141006   health        account     stays                           | Payment method error
    The payment method blocks messages started by the business. -> Mend or replace the payment method of the account.
141008   health        account     stays                           | Account cannot send
    The WhatsApp Business Account is banned or restricted. -> Follow the solution given with the health status.
141010   health        account     stays                           | Business not verified
    The business portfolio has not passed verification. -> Finish business verification in the security centre.
141014   health        account     stays                           | Asset cannot send
    A node on the way of the message is not fit to send. -> Follow the solution given with the health status.

# Throttling
4        throttle      rate_limit  passes  scope=app               | API Too Many Calls
    The app has used up its calls for this hour. -> Send fewer management calls and wait for the hour to roll on.
17       throttle      rate_limit  passes  scope=token             | User request limit reached
    This token has used up its calls. -> Call less often, and wait as long as the usage header says.
32       throttle      rate_limit  passes  scope=token             | Page request limit reached
    Calls made with this token for a page are used up. -> Call less often, and wait as long as the usage header says.
613      throttle      rate_limit  passes  scope=token             | Custom rate limit reached
    A limit of this one endpoint is reached, such as asking for call permissions. -> Ask less often and try later.
80007    throttle      rate_limit  passes  scope=account           | Rate limit issues
    The WhatsApp Business Account has used up its calls. -> Poll less often and wait as long as the usage header says.
80008    throttle      rate_limit  passes  scope=account           | Too many calls to this WhatsApp Business account
    The account has used up its management calls for this hour. -> Poll less often and wait as the usage header says.
130429   throttle      rate_limit  passes  scope=number            | Rate limit hit
    The number sends more messages a second than its throughput allows. -> Slow down and retry with growing pauses.
# Meta counts it on the number; what brought it about and what lifts it is the quality of the account's messages.
131048   throttle      rate_limit  passes  scope=number            | Spam rate limit hit
    Too many people blocked or reported the messages, so Meta limits sending. -> Stop the campaign and mend the quality
    before sending on.
131056   throttle      rate_limit  passes  scope=pair    wait=6    | Pair rate limit hit
    Too many messages to the same person in a short time. -> Wait before writing to this person again; others are free.
# A cap on what one person gets from all businesses: no slower rate of ours would have helped.
131049   throttle      recipient   passes  scope=person  wait=86400 | Meta chose not to deliver
    The person has had enough marketing messages from all businesses together. -> Wait at least 24 hours, and do not
    retry before: retries lengthen it.
133016   throttle      rate_limit  passes  scope=number  wait=259200 | Account register deregister rate limit exceeded
    The number was registered or deregistered too often. -> Leave it alone for 72 hours, then register once.
131208   throttle      rate_limit  passes  scope=number            | Group rate limit hit
    Too many group operations from this number in a short time. -> Slow down and retry later.

# Sending, recipients, platform
# Meta or sender: it passes by itself far more often than a request turns out to be wrong.
1        platform      meta        passes                          | API Unknown
    Meta had an unknown fault, or could not read the request. -> Look at Meta's status page, then check the request.
2        platform      meta        passes            wait=300      | API Service
    The service is down, overloaded or being updated. -> Retry with growing pauses and look at Meta's status page.
33       request       sender      stays                           | Parameter value is not valid
    The business phone number does not exist any more. -> Correct the phone number id in the settings.
100      request       sender      stays                           | Invalid parameter
    A parameter is unknown, misspelled or not allowed here. -> Read the details and correct the request.
130403   recipient     account     stays                           | Business has blocked this user
    The business itself has blocked this person. -> Unblock the person first if the message is wanted.
130472   recipient     meta        stays                           | User's number is part of an experiment
    Meta left this marketing message out for an experiment, without charge. -> Do not resend; use another channel.
130501   request       sender      stays                           | Message type not supported
    This type of message is not possible here, for instance in a group. -> Send a type that is supported there.
131000   platform      meta        passes                          | Something went wrong
    Meta failed for an unknown reason. -> Retry with growing pauses, and open a support ticket if it stays.
131008   request       sender      stays                           | Required parameter is missing
    The request lacks a parameter. -> Read which one in the details and add it.
131009   request       sender      stays                           | Parameter value is not valid
    A value in the request is not allowed. -> Read which one in the details and correct it.
131016   platform      meta        passes                          | Service unavailable
    A part of Meta's service is not available for now. -> Retry with growing pauses and look at Meta's status page.
131021   request       sender      stays                           | Recipient cannot be sender
    The message was addressed to the number that sends it. -> Correct the recipient.
131026   recipient     recipient   stays                           | Message undeliverable
    The person is not on WhatsApp, has an old version, or has not accepted its terms. -> Check the contact by another
    channel before writing again.
131030   request       sender      stays                           | Recipient phone number not in allowed list
    A test number may write only to the few people on its list. -> Add the person to the list or use a real number.
131035   storage       sender      stays                           | Webhook not delivered in retention time
    Our webhook did not answer in time, and a number without storage lost the message. -> Mend the webhook's uptime.
131036   storage       meta        stays                           | Decryption retry failed
    A number without storage could not recover an incoming message. -> Ask the person to send it again.
131037   account       account     stays                           | Display name approval needed
    A number provided by WhatsApp has no approved display name yet. -> Get the display name approved.
131042   payment       account     stays                           | Business eligibility payment issue
    The account cannot be billed: credit line, currency, time zone or the account itself. -> Mend the billing settings.
131043   recipient     recipient   stays                           | Message expired
    The message could not be delivered within its time to live. -> Send it again only if it is still of use.
131044   payment       account     stays                           | Payment issue for calls
    There is no valid payment method for calls. -> Attach a payment method to the account.
131045   registration  sender      stays                           | Incorrect certificate
    The number is not registered for the Cloud API. -> Register the number, then send again.
131047   window        sender      stays                           | Re-engagement message
    The person has not written for more than 24 hours. -> Send an approved template instead.
131050   opt_out       recipient   stays                           | User has stopped receipt of marketing messages
    The person does not want marketing messages from this business. -> Record the opt-out and never retry.
# Sender or recipient: only a sender can choose another type; inbound, it says that a person used one.
131051   request       sender      stays                           | Unsupported message type
    This type of message is not supported, either in a send or from a person. -> Send a supported type.
# Meta or recipient: only the person can send the file again.
131052   media         recipient   passes                          | Media download error
    A file that a person sent could not be fetched. -> Ask the person to send it again or another way.
131053   media         sender      stays                           | Media upload error
    The file of a message could not be uploaded, often for its type or size. -> Check the file against the limits.
131055   marketing     sender      stays                           | Method not allowed
    This call is not allowed for such a message or number. -> Use the API that is meant for it (messages, SIP).
131057   platform      meta        passes            wait=60       | Account in maintenance mode
    The account is being upgraded, usually to a higher throughput. -> Retry after a minute.
131059   request       sender      stays                           | Invalid cursor
    The place in a list has expired. -> Start reading the list from its beginning.
131062   request       sender      stays                           | Recipient id not supported
    Such a template cannot be sent to a business-scoped user id. -> Send it to the phone number.
131063   marketing     account     stays                           | Marketing templates disabled on Cloud API
    A setting of the account keeps marketing templates off this API. -> Send them by the marketing API, or change it.
134011   payment       account     stays                           | Payments terms not accepted
    The terms of WhatsApp Payments have not been accepted. -> Accept them in WhatsApp Manager.
134100   marketing     sender      stays                           | Only marketing messages supported
    The marketing API got a message that is not marketing. -> Send it by the Cloud API.
134101   marketing     meta        passes            wait=600      | Template still syncing
    A new template is not yet known to the marketing API. -> Retry after ten minutes.
134102   marketing     account     stays                           | Template unavailable for use
    The template may not be used with the marketing API. -> Check whether the account is fully set up for it.
135000   request       sender      stays                           | Generic user error
    Something in the request is wrong, and Meta does not say what. -> Compare the request with a working one.
137000   recipient     recipient   stays                           | Identity key hash mismatch
    The person's WhatsApp identity has changed since it was last confirmed. -> Verify the person, then use the new hash.
1752041  marketing     sender      stays                           | Duplicate request
    A partner has already asked for this customer's set-up. -> Let the first partner finish.
506      legacy        sender      stays                           | Duplicate post
    The same request was made twice in a row. -> Check why it was repeated; the first one counts.
130470   legacy        unknown     stays                           | Old code
    A code of old versions that Meta no longer explains. -> Read the details that came with it.
131027   legacy        unknown     stays                           | Old code
    A code of old versions that Meta no longer explains. -> Read the details that came with it.

# Templates and Flows
132000   template      sender      stays                           | Template Param Count Mismatch
    The request has more or fewer parameters than the template. -> Send exactly the template's parameters.
# Template or sender: whoever owns the list of templates finds out which of the two it is.
132001   template      template    stays                           | Template does not exist
    There is no approved template of this name in this language. -> Check name, language and approval.
132005   template      sender      stays                           | Template Hydrated Text Too Long
    With its parameters filled in, the text is too long. -> Shorten the parameters.
132007   template      template    stays                           | Template Format Character Policy Violated
    The template's text violates a policy. -> Change the template and submit it for review again.
132008   template      sender      stays                           | Template parameter value invalid
    A parameter's value is not allowed in the template. -> Correct the value named in the details.
132012   template      sender      stays                           | Template Parameter Format Mismatch
    A parameter does not have the form that the template expects. -> Send the type and form that was approved.
132015   template      template    passes            wait=10800    | Template is Paused
    People disliked the template, so Meta has paused it. -> Stop the campaign, edit the template and wait for the pause
    to end.
132016   template      template    stays                           | Template is Disabled
    The template was paused too often and is off for good. -> Make a new template with other content.
132018   template      sender      stays                           | Template validation error
    The request does not fit the template. -> Compare the components of the request with the approved ones.
132068   flow          sender      stays                           | Flow is blocked
    The Flow in the message is blocked. -> Correct the Flow in its health page and publish it again.
132069   flow          sender      passes            wait=3600     | Flow is throttled
    The Flow's endpoint is unwell, so only 10 messages an hour are let through. -> Mend the Flow's endpoint.
# Sender or account: integrity is judged by the account, the rest by what the app sent.
139000   flow          account     stays                           | Flow blocked by integrity
    An integrity issue of the account keeps Flows from being made or published. -> Appeal in Business Support Home.
139001   flow          sender      stays                           | Flow update failed
    The Flow could not be changed: it is published, or its JSON is wrong. -> Correct the JSON or make a new version.
139002   flow          sender      stays                           | Flow publishing failed
    The Flow is not ready to be published. -> Mend the validation errors, endpoint, key or number it names.
139003   flow          sender      stays                           | Flow deprecating failed
    The Flow is not published, or is deprecated already. -> Check the state of the Flow.
139004   flow          sender      stays                           | Flow deleting failed
    A published Flow cannot be deleted. -> Deprecate it instead.
2388019  template      account     stays                           | Message template limit exceeded
    The account has as many templates as it may have. -> Delete templates that are not used, or verify the business.
2388039  template      template    stays                           | Template status does not allow change
    In its present state the template cannot be changed. -> Wait for the review to end, then edit it.
2388040  template      template    stays                           | Character limit exceeded
    A part of the template is too long. -> Shorten the part that the message names.
2388047  template      template    stays                           | Message header format is incorrect
    The template's header has a wrong form. -> Correct the header.
2388072  template      template    stays                           | Message body format is incorrect
    The template's body has a wrong form. -> Correct the body.
2388073  template      template    stays                           | Message footer format is incorrect
    The template's footer has a wrong form. -> Correct the footer.
2388293  template      template    stays                           | Parameters words ratio exceeds limit
    The template has too many parameters for so little text. -> Add text or take out parameters.
2388299  template      template    stays                           | Leading or trailing parameters not allowed
    The template begins or ends with a parameter. -> Put text before the first and after the last parameter.
200002   template      template    stays                           | Template creation failed
    The template could not be made. -> Read the sub-code and the message for users, and correct the template.
200005   template      account     stays                           | Template insights unavailable
    Template insights cannot be switched on for this account yet. -> Try again later; nothing else depends on it.
200006   template      account     stays                           | Cannot disable template insights
    Template insights cannot be switched off again. -> Leave them on.
200007   template      account     stays                           | Template insights not enabled
    Template insights are off, so there are no figures to read. -> Switch them on in WhatsApp Manager.

# Registration of numbers
133000   registration  sender      passes                          | Incomplete deregistration
    An earlier deregistration of the number did not finish. -> Deregister again, then register.
133004   registration  meta        passes                          | Server temporarily unavailable
    The registration service is not available for now. -> Retry with growing pauses.
133005   registration  sender      stays                           | Two-step verification PIN mismatch
    The PIN is not the one set for this number. -> Use the right PIN, or reset it in WhatsApp Manager.
133006   registration  sender      stays                           | Phone number re-verification needed
    The number has to be verified again before it can be registered. -> Request a code and verify the number.
133008   registration  sender      passes                          | Too many PIN guesses
    The PIN was wrong too often. -> Wait as long as the details say, then use the right PIN.
133009   registration  sender      passes                          | PIN guessed too fast
    The PIN was tried again too soon. -> Wait as long as the details say, then try once.
133010   registration  sender      stays                           | Phone number not registered
    The number is not registered for the Cloud API. -> Register the number.
133015   registration  sender      passes            wait=300      | Phone number was recently deleted
    The number was deleted a moment ago and cannot be added yet. -> Try again after five minutes.
136024   registration  sender      stays                           | Request code error
    The code for verifying the number could not be sent. -> Wait a while, or ask for a call instead of a text.
136025   registration  sender      stays                           | Verify code error
    The code for verifying the number is wrong. -> Type the newest code, or ask for another one.

# Migration, onboarding, synchronisation
2388001  migration     account     stays                           | Ownership or two-step verification
    The number is not confirmed, or still has two-step verification on. -> Verify it, or switch the PIN off first.
2388012  migration     account     stays                           | Phone number already exists
    The number is already in this account. -> Choose another number; this one needs no migration.
2388091  migration     account     stays                           | Not eligible to receive a code
    The number is not being migrated, so no code is sent for that. -> Register and verify it the usual way.
2388093  migration     account     stays                           | Not eligible to verify a code
    The number is not being migrated, so no code is taken for that. -> Register and verify it the usual way.
2388103  migration     account     stays                           | Cannot migrate phone number
    Something in the old or new account stands in the way. -> Read the message for users: it names one of many causes.
2494100  migration     meta        passes                          | Account is in maintenance mode
    The number is in maintenance for now. -> Try again in a few minutes.
2593079  migration     account     stays                           | Already marked for another solution
    The account is marked for migration to another solution. -> Ask Meta's support; the ownership model is retired.
2593085  migration     account     stays                           | Not eligible for ownership transfer
    The account cannot change its owner this way. -> Check who owns it, and ask Meta's support.
2593107  sync          sender      stays                           | Synchronisation request limit exceeded
    Contacts and history can each be asked for only once. -> Offboard the customer and onboard again.
2593108  sync          sender      stays                           | Synchronisation outside of its time window
    Synchronisation has to start within 24 hours of onboarding. -> Offboard the customer and onboard again.
2593109  sync          recipient   stays                           | History sharing declined
    The customer did not agree to share the history. -> Go on without it, or ask the customer to onboard again.
2494164  signup        sender      stays                           | Signup not found
    There is no such signup link. -> Check the id against the account's list of signups.
2494165  signup        account     stays                           | Signups not enabled
    The account or its country may not use signups. -> Check where the feature is available.
2494166-2494168 signup sender      stays                           | Invalid signup request
    Something in a request about signups or preferences is wrong. -> Read the details and correct the request.
2494176-2494177 signup sender      stays                           | Invalid signup request
    Something in a request about signups or preferences is wrong. -> Read the details and correct the request.
2494179  signup        sender      stays                           | Invalid signup request
    Something in a request about signups or preferences is wrong. -> Read the details and correct the request.

# Groups
131020   group         sender      stays                           | Bad group
    The group has only one member, so nobody would read the message. -> Wait until somebody has joined.
131041   group         sender      stays                           | Group unknown
    The group does not exist, or the number is not in it. -> Check the group id and the sending number.
131201   group         sender      stays                           | Request partially succeeded
    The request worked for some participants only. -> Read the errors of each participant.
131202   group         sender      stays                           | Duplicate participant
    A participant is named twice. -> Name each one once.
131203   group         recipient   stays                           | Terms not accepted
    A person has not accepted the terms that groups need. -> Leave the person out, or ask to accept them.
131204   group         sender      stays                           | Participant overlimit
    The group would have too many participants. -> Take fewer, or make a second group.
131207   group         account     stays                           | Group suspended
    The group violates a policy and is closed. -> Read the policy notice; make no new group for the same purpose.
131209   group         sender      stays                           | Invalid group picture aspect ratio
    The group's picture is not square. -> Send a square picture.
131210   group         sender      stays                           | Image is too small to process
    The group's picture is smaller than 192 pixels. -> Send a larger picture.
131211   group         account     stays                           | Group create limit reached
    The number has as many groups as it may have. -> Delete groups that are not used.
131212   group         sender      stays                           | Participant is not a part of the group
    The person is not in the group. -> Read the list of participants again.
131213   group         sender      stays                           | Join request does not exist
    The request to join was withdrawn or answered already. -> Read the list of join requests again.
131214   group         account     passes                          | Group creation temporarily disabled
    Too much marketing was sent in service windows during the last 7 days. -> Send less of it and try again later.
131215   group         account     stays                           | Number not eligible for groups
    This number may not use groups. -> Check what a number needs for groups.

# Calls
138000   call          account     stays                           | Calling not enabled
    Calls are switched off for this number. -> Switch them on in the number's call settings.
138001   call          recipient   stays                           | Receiver uncallable
    The person is not on WhatsApp, has an old version, or has not accepted its terms. -> Reach the person another way.
138002   call          rate_limit  passes  scope=number            | Concurrent calls limit
    The number has 1,000 calls going on. -> Wait for calls to end, or use further numbers.
138003   call          sender      passes                          | Duplicate call
    There is a call with this person already. -> Wait until it has ended.
138004   call          sender      passes                          | Connection error
    The call could not be connected. -> Try again, and check the connection data that was sent.
138005   call          rate_limit  passes  scope=number            | Call rate limit exceeded
    The number starts too many calls. -> Start calls more slowly.
138006   call          recipient   stays                           | No approved call permission found
    The person has not allowed calls from this business. -> Ask for permission with a message first.
138007   call          sender      passes                          | Connect timeout error
    Our side did not answer the connection offer in time. -> Mend the delay in the call server and call again.
138009   call          rate_limit  passes  scope=pair              | Call permission request limit hit
    The person was asked for call permission too often. -> Wait; a connected call resets the count.
138012   call          rate_limit  passes  scope=pair    wait=86400 | Business-initiated calls limit hit
    The person has had all calls that are allowed in 24 hours. -> Call again at the time that the details give.
138013   call          account     stays                           | Business-initiated calling is not available
    Numbers of this country cannot start calls. -> Let people call the business instead.
138014   call          account     passes                          | Calling is temporarily disabled
    Calls of this number were disliked, so they are off for a while. -> Call only people who expect it, once it lifts.
138015   call          account     stays                           | Calling cannot be enabled
    The messaging limit is too low for calls: it takes 2,000. -> Raise the messaging limit first.
138017   call          sender      stays                           | Permanent call permission exists
    The person has allowed calls for good already. -> Call; there is no need to ask.
138018   call          sender      stays                           | Technical prerequisites of calling not met
    No app listens for calls, and SIP is not set up. -> Subscribe an app to the calls field, or configure SIP.
138019   call          recipient   passes                          | Call setup failed
    The person's WhatsApp could not set up the call. -> Try again later.
138020   call          recipient   passes                          | Relay connection failed
    The person's WhatsApp could not reach the relay. -> Try again later.
138021   call          sender      passes                          | Media receive timeout
    The person's WhatsApp got no sound from our side. -> Check that our call server sends media to the relay.
138022   call          recipient   passes                          | Media transmit timeout
    The person's WhatsApp sent no sound. -> Try again later.
138023   call          recipient   passes                          | Call accepted but ended without media
    The person accepted, but no connection for sound was seen. -> Try again later.
138024   call          account     stays                           | SIP is not enabled
    The number cannot take calls by SIP because SIP is off. -> Configure SIP in the number's settings.
138025   call          sender      stays                           | No SIP server for this app
    This app has not named a SIP server for the number. -> Configure the server in the number's settings.

# Block list and usernames
139100   block         sender      stays                           | Bulk blocking failed
    Some people could not be blocked or unblocked. -> Read the error of each person; only recent writers can be blocked.
139101   block         account     stays                           | Block list limit reached
    The block list holds as many people as it may. -> Unblock people who no longer matter.
139102   block         sender      passes                          | Block list concurrent update
    The block list changed while it was being read. -> Read it again from its beginning.
139103   block         meta        passes                          | Block list internal error
    Meta failed while changing the block list. -> Try again.
147001   username      account     stays                           | Username unavailable
    The business username is taken or not allowed. -> Choose another one.
147002   username      account     stays                           | Messaging limit too low for a username
    The messaging limit is too low to claim a username. -> Raise the messaging limit first.
147003   username      account     stays                           | Facebook page not linked
    The username belongs to a Facebook page that is not linked. -> Link the page to the business portfolio.
147004   username      account     stays                           | Instagram account not linked
    The username belongs to an Instagram account that is not linked. -> Link the account to the business portfolio.
147005   username      account     stays                           | Username transfer needed
    Another number of the business holds the username. -> Transfer it from there.

# The Graph API in general
192      request       sender      stays                           | Invalid phone number
    The phone number in the request is not valid. -> Correct the number.
803      request       sender      stays                           | Object not found
    There is no object with this id, or the token may not see it. -> Check the id and the token's access.
"""
