-- name: lock
select id from continuity_continuityorder
 where id in (select subject_id from jobs_jobitem where run_id = %(run)s and seq between %(first)s and %(last)s)
 order by id for no key update

-- name: orders
-- The continuity orders of a chunk, with their parents.
select c.id, c.order_id from continuity_continuityorder c
 where c.id in (select subject_id from jobs_jobitem where run_id = %(run)s and seq between %(first)s and %(last)s)

-- name: taken_back
-- Those of these orders from which the revision that each is to follow was taken back before.
select distinct n.id from unnest(%(ids)s::bigint[], %(revisions)s::bigint[]) n(id, revision_id)
  join continuity_continuityorder c on c.id = n.id
  join programs_programrevision v on v.id = n.revision_id
  join programs_program p on p.id = v.program_id
  join desk_change d on d.order_id = c.order_id and d.action = %(action)s and d.undone_on is not null
  join jobs_jobrun r on r.id = d.run_id
 where r.arguments->>'program' = p.schedule_id and (r.arguments->>'revision')::int = v.number

-- name: select_to_update
-- Open orders that stand on an older revision of these programs, or on an older tariff than the one that was applied.
select row_number() over (order by d.id), d.id, null::int
  from (select c.id
          from continuity_continuityorder c
          join unnest(%(programs)s::bigint[], %(revisions)s::bigint[]) n(program_id, revision_id)
            on n.program_id = c.program_id
         where c.status = 'open' and c.revision_id <> n.revision_id
         union
        select c.id
          from continuity_continuityorder c
         where c.status = 'open' and c.tariff_id < %(tariff)s
           and (%(of_program)s::bigint is null or c.program_id = %(of_program)s)
           and not exists (select from keeps_tariff k where k.continuity_order_id = c.id)) d
