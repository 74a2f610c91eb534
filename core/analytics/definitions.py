"""What does each figure mean? One sentence for each, shown beside it wherever it is shown."""

from types import MappingProxyType

# What customers are told to expect, in seconds: lines on the charts.
VARIANT_EXPECTED_SECONDS = (30, 90)
JOB_EXPECTED_SECONDS = (60, 180)
# Above this share of completed jobs, the desk keeps its word.
SUCCESS_TARGET = 0.95

DEFINITIONS = MappingProxyType(
    {
        "period": "A job counts on the day it was submitted, a movement of credits on the day it was made; days begin"
        " and end at midnight in your time zone.",
        "success_rate": "Completed jobs, of those completed, partial or failed; canceled ones are left out.",
        "first_attempt_success": "Jobs completed without a free retry, of those completed, partial or failed.",
        "variant_success": "Variants that have their result, of those that have it or failed.",
        "interval": "The true share lies within, in 95 of 100 cases (Wilson's interval): the fewer jobs, the wider.",
        "queue_wait": "From the submission, or from the failure that the free retry is to mend, until the order that"
        " brought the result was sent.",
        "provider_time": "How long Replicate drew, as it says itself, for the order that brought the result.",
        "settlement": "From the end at Replicate until the result was stored here and the variant was done.",
        "end_to_end": "From the submission of the job until its variant had its result.",
        "job_time": "From the submission until the job was completed, both results there.",
        "percentile": "The time that this share of all did not exceed; exact below 10,000 jobs, else within 1 %.",
        "charged": "Credits taken for jobs when they were submitted.",
        "refunded": "Credits given back for jobs, by the desk itself (reason: system) or by people.",
        "net": "Credits charged less credits refunded; grants and adjustments stand apart.",
        "spent": "What Replicate was paid for all orders of these jobs, in dollars.",
        "wasted": "The part of it that bought nothing: orders of variants that failed or were canceled, and those"
        " before a free retry.",
        "reused": "Photos whose same staging the account had already and was given again at no charge: how many, the"
        " credits that were not taken, and what the orders of those jobs had cost.",
        "under_way": "The part of it that went to orders whose variants have not ended yet.",
        "cost_per_job": "Dollars spent, for each job and each completed job; credits have no price in dollars here,"
        " so there is no margin.",
        "failures": "Jobs by the first error of their variants; a partial job has one as well.",
        "timed_out": "Jobs whose error is that it took too long at Replicate, or waited too long to get there.",
        "stuck_now": "Jobs in flight, of any day, of which a variant has stopped moving at this moment.",
        "settled_by": "What brought the news of a variant's end: a webhook, the sweep, a sync by hand, or something"
        " else, as a cancel.",
        "free_retries": "Variants that had their free retry and then got their result, of all that had it and ended.",
        "retries_by_people": "Jobs made to retry another that were completed, of those that ended uncanceled.",
        "rhythm": "Jobs submitted, by weekday and hour of your time zone.",
    }
)
